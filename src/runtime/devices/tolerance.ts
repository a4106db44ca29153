/** How far the results of a device may be from the same computation in float64. The tests hold every device to it. */
export interface Tolerance {
  /** Logits, absolute. The stage with the largest error is `residual`, which normalises nothing. */
  readonly logits: number;
  /** Gradients, relative: the norm of the difference by the norm. */
  readonly gradients: number;
  /** Each loss of 20 training steps, absolute, in nats. */
  readonly losses: number;
  /** Each weight after 20 training steps, absolute; a step moves it by the learning rate, 1e-3, at most. */
  readonly weights: number;
}

/**
 * Processors round each operation as IEEE 754 says, and differ only in the order of their sums.
 * Measured: logits 2.3e-5, gradients 1.9e-5, losses 4.5e-6, weights 9e-7.
 */
export const processorTolerance: Tolerance = { logits: 4e-5, gradients: 4e-5, losses: 2e-5, weights: 1e-5 };

/**
 * GPUs may contract a product and a sum, and WGSL lets exp, log, tanh and division be off by a few units of the last place.
 * The logits' share and a processor's are together the 1e-4 by which the two may differ; the losses' stay far below 1e-3.
 * Measured in SwiftShader, which rounds as processors do: logits 2e-5, gradients 2.7e-5, losses 3.5e-6, weights 9e-7.
 */
export const gpuTolerance: Tolerance = { logits: 6e-5, gradients: 1e-4, losses: 2e-4, weights: 1e-4 };
