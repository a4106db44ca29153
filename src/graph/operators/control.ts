import { type Dimension, type Shape, sameShape } from '../dimensions.ts';
import type { Body, Operator, OutputType, Value } from '../value.ts';

function bodyOf(call: { readonly bodies: Readonly<Record<string, Body>> }): Body {
  const body = call.bodies.body;
  if (body === undefined) throw new Error('the body is missing');
  return body;
}

function mustCarry(formal: Value | undefined, value: Value | undefined, what: string, fits: typeof sameShape): void {
  if (formal === undefined || value === undefined) throw new Error(`${what} is missing`);
  if (formal.type !== value.type || !fits(formal.shape, value.shape)) {
    throw new Error(`${what} is ${value}, but inside the body it is ${formal}`);
  }
}

/** Whether a formal's shape allows another: its symbols stand for any length, its numbers for themselves. */
function allows(formal: Shape, shape: Shape): boolean {
  const fits = (dimension: Dimension, axis: number): boolean =>
    typeof dimension === 'string' || dimension === shape[axis];
  return formal.length === shape.length && formal.every(fits);
}

const scanOperator: Operator = {
  name: 'Scan',
  since: 16,
  attributes: { num_scan_inputs: 'int' },
  infer: (call) => {
    const body = bodyOf(call);
    const sequences = Number(call.attributes.num_scan_inputs);
    const states = body.inputs.length - sequences;
    const [length] = call.inputs[states]?.shape ?? [];
    if (sequences < 1 || length === undefined) throw new Error('there is no sequence to take elements from');
    for (let index = 0; index < states; index++) {
      mustCarry(body.inputs[index], call.inputs[index], `state ${index} at the start`, sameShape);
      mustCarry(body.inputs[index], body.outputs[index], `state ${index} after a turn`, sameShape);
    }
    for (let index = states; index < body.inputs.length; index++) {
      const [formal, sequence] = [body.inputs[index], call.inputs[index]];
      if (formal === undefined || sequence === undefined) throw new Error(`sequence ${index - states} is missing`);
      if (formal.type !== sequence.type || !sameShape([length, ...formal.shape], sequence.shape)) {
        throw new Error(`sequence ${index - states} is ${sequence}, but one element of it is ${formal}`);
      }
    }
    return body.outputs.map(({ type, shape }, index) => ({ type, shape: index < states ? shape : [length, ...shape] }));
  },
};

const loopOperator: Operator = {
  name: 'Loop',
  since: 16,
  infer: (call): OutputType[] => {
    const body = bodyOf(call);
    const states = body.inputs.length - 2;
    for (let index = 0; index < states; index++) {
      mustCarry(body.inputs[index + 2], call.inputs[index + 2], `state ${index} at the start`, allows);
      mustCarry(body.inputs[index + 2], body.outputs[index + 1], `state ${index} after a turn`, allows);
    }
    const [turns = 'turns'] = (call.attributes.lengths as Shape | undefined) ?? [];
    return body.outputs.slice(1).map(({ type, shape }, index) => ({
      type,
      shape: index < states ? (body.inputs[index + 2]?.shape ?? shape) : [turns, ...shape],
    }));
  },
};

export const controlOperators: readonly Operator[] = [scanOperator, loopOperator];
