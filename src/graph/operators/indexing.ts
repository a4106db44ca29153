import { gatherElements, scatterElements } from '../calls/indexing.ts';
import { expand, reshape, unsqueeze } from '../calls/shape.ts';
import { formatShape, sameShape } from '../dimensions.ts';
import { dimensionsOf } from '../known.ts';
import type { GradientCall, Operator } from '../value.ts';
import { zerosLike } from './gradient-rules.ts';
import { dimensions, integer, mustAgree, mustBe, required, resolveAxis, withAxis } from './shape-rules.ts';

const axisOf = ({ node }: GradientCall): number => Number(node.attributes.axis);

const gather: Operator = {
  name: 'Gather',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const [data, indices] = [required(call, 0), required(call, 1)];
    mustBe(indices, 'int32', 'int64');
    const axis = resolveAxis(integer(call, 'axis'), data.rank);
    return [
      { type: data.type, shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)] },
    ];
  },
  // Each row of the table gets the sum of the gradients of the places that looked it up.
  gradient: (call) => {
    const [g, table, indices] = [call.outputGradient(), call.input(0), call.input(1)];
    if (table.rank !== 2 || axisOf(call) !== 0) throw new Error('only lookups of rows in a matrix have one');
    const updates = reshape(g, [-1, table.shape[1] ?? 1]); // (rows, columns)
    const taken = expand(unsqueeze(reshape(indices, [-1]), [1]), dimensionsOf(updates)); // (rows, columns)
    return [scatterElements(zerosLike(table), taken, updates, { axis: 0, reduction: 'add' })];
  },
};

const gatherElementsOperator: Operator = {
  name: 'GatherElements',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const [data, indices] = [required(call, 0), required(call, 1)];
    mustBe(indices, 'int32', 'int64');
    if (data.rank !== indices.rank) throw new Error('data and indices must have one rank');
    resolveAxis(integer(call, 'axis'), data.rank);
    return [{ type: data.type, shape: indices.shape }];
  },
  // The gradient goes where the elements were picked.
  gradient: (call) => {
    const options = { axis: axisOf(call), reduction: 'add' } as const;
    return [scatterElements(zerosLike(call.input(0)), call.input(1), call.outputGradient(), options)];
  },
};

const scatterElementsOperator: Operator = {
  name: 'ScatterElements',
  since: 16,
  attributes: { axis: 'int', reduction: 'string' },
  infer: (call) => {
    const [data, indices, updates] = [required(call, 0), required(call, 1), required(call, 2)];
    mustBe(indices, 'int32', 'int64');
    mustAgree(data, updates);
    if (!sameShape(indices.shape, updates.shape)) {
      throw new Error(
        `indices ${formatShape(indices.shape)} and updates ${formatShape(updates.shape)} differ in shape`,
      );
    }
    if (data.rank !== indices.rank) throw new Error('data and indices must have one rank');
    resolveAxis(integer(call, 'axis'), data.rank);
    return [{ type: data.type, shape: data.shape }];
  },
  // data + updates: the updates' gradient is read where they were put.
  gradient: (call) => {
    if (call.node.attributes.reduction !== 'add') throw new Error('only the form that adds has one');
    const g = call.outputGradient();
    return [g, undefined, call.wanted(2) ? gatherElements(g, call.input(1), { axis: axisOf(call) }) : undefined];
  },
};

const topK: Operator = {
  name: 'TopK',
  since: 11,
  attributes: { axis: 'int', largest: 'int', sorted: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    const axis = resolveAxis(integer(call, 'axis'), x.rank);
    const [count = 0] = dimensions(call, 'lengths');
    const length = x.shape[axis] ?? 0;
    if (Number(count) > Number(length)) throw new Error(`axis ${axis} has ${length} elements, not ${count}`);
    const shape = withAxis(x.shape, axis, count);
    return [
      { type: x.type, shape },
      { type: 'int64', shape },
    ];
  },
};

export const indexingOperators: readonly Operator[] = [gather, gatherElementsOperator, scatterElementsOperator, topK];
