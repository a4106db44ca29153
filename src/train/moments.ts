/** The names of a parameter's moments: PyTorch's keys in an optimizer's state. */
export const momentNames = {
  first: (name: string): string => `${name}.exp_avg`,
  second: (name: string): string => `${name}.exp_avg_sq`,
};
