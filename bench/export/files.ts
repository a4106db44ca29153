/** The weights that both sides read, one after another, float32. */
export const weightsFile = 'weights.float32';

/** What else PyTorch's side reads: the model's configuration, and its parameters' names and shapes. */
export const descriptionFile = 'workload.json';
