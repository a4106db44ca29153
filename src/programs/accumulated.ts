import {
  add,
  cast,
  constant,
  type Dimension,
  expand,
  input,
  mul,
  reduceMean,
  reshape,
  rewriteValues,
  scan,
  type Value,
  vector,
} from '../graph/index.ts';

/** A part of a batch: what a pass reads that stands inside a loop over parts. */
export interface BatchPart {
  /** How many there are. */
  readonly parts: number;
  /** int32 (batch / parts, time). */
  readonly tokens: Value;
  readonly targets: Value;
  /** int32 scalar: which part it is, from 0. */
  readonly part: Value;
}

/** The part of a batch of tokens (batch, time), whose batch is a number and a multiple of the parts. */
export function batchPart([batch, time = 1]: readonly Dimension[], parts: number): BatchPart {
  const shape = [Number(batch) / parts, time];
  return {
    parts,
    tokens: input('part.tokens', 'int32', shape),
    targets: input('part.targets', 'int32', shape),
    part: input('part', 'int32', []),
  };
}

/** A loss, float32 scalar, and its gradients, tensor by tensor. */
export interface Pass {
  readonly loss: Value;
  readonly gradients: readonly Value[];
}

export interface WholeBatch {
  /** int32 (batch, time). */
  readonly tokens: Value;
  readonly targets: Value;
  /** int32 scalar: a sum that begins at 0 of it is not made once and for all, as a constant as large as the model. */
  readonly step: Value;
  /** What stands inside the loop for the leaves that the pass reaches; see `rewriteValues`. */
  readonly leaf: (leaf: Value) => Value | undefined;
}

/**
 * A pass over one part, made over all parts of a batch, one after another, its gradients accumulated: the loss and the gradients of the
 * whole batch, in the memory of one part and of the sums.
 */
export function accumulated(of: BatchPart, pass: Pass, { tokens, targets, step, leaf }: WholeBatch): Pass {
  // The mean over the batch is the mean of the parts' means: they are equally large.
  const shares = pass.gradients.map((gradient) => mul(gradient, 1 / of.parts));
  const [loss = pass.loss, ...gradients] = rewriteValues([pass.loss, ...shares], { leaf });
  const zero = mul(cast(step, 'float32'), 0);
  const sums = gradients.map((gradient, index) => {
    const sum = input(`sum.${index}`, 'float32', gradient.shape);
    return { formal: sum, initial: expand(zero, vector(gradient.shape)), next: add(sum, gradient) };
  });
  const inParts = (x: Value): Value => reshape(x, [of.parts, ...of.tokens.shape]); // (parts, batch / parts, time)
  const { states, outputs } = scan({
    states: [{ formal: of.part, initial: constant(0, 'int32'), next: add(of.part, 1) }, ...sums],
    sequences: [
      { formal: of.tokens, sequence: inParts(tokens) },
      { formal: of.targets, sequence: inParts(targets) },
    ],
    outputs: [loss],
  });
  const [losses = loss] = outputs;
  return { loss: reduceMean(losses), gradients: states.slice(1) };
}
