import { readFileSync } from 'node:fs';
import { decodeModel } from '../../../src/onnx/codec.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../../../src/onnx/protos.ts';
import { type Cell, failure } from '../verdict.ts';
import { type Consumer, oneByOne } from './consumer.ts';

/** What Netron shows a file by: whether a reader finds names, groups, weights, types and words there. */
export function netron(): Consumer {
  return oneByOne('Netron', ({ path, parameters }): Cell => {
    try {
      const [problem] = problemsOf(decodeModel(readFileSync(path), path), parameters);
      return problem === undefined ? { verdict: 'valid' } : { verdict: 'fails', note: problem };
    } catch (error) {
      return failure(error, path);
    }
  });
}

/** What a reader would miss in a model, a sentence each. @param parameters the names of what was trained */
export function problemsOf(model: ModelProto, parameters: readonly string[]): string[] {
  const { graph, docString = '', producerName = '' } = model;
  return [
    ...(docString === '' ? ['The model does not say what it is (doc_string).'] : []),
    ...(producerName === '' ? ['The model does not say what wrote it (producer_name).'] : []),
    ...(!graph.name ? ['The graph has no name.'] : []),
    ...namingProblems(graph),
    ...weightProblems(graph, parameters),
    ...typeProblems(graph),
  ];
}

function bodiesOf({ attribute = [] }: NodeProto): GraphProto[] {
  return attribute.flatMap(({ g }) => (g === undefined ? [] : [g]));
}

function allNodes({ node = [] }: GraphProto): NodeProto[] {
  return node.flatMap((one) => [one, ...bodiesOf(one).flatMap(allNodes)]);
}

/** Nodes are found, and grouped, by names such as `/transformer/h.0/attn/MatMul_1`: scopes, then the operator and a number. */
function namingProblems(graph: GraphProto): string[] {
  const seen = new Set<string>();
  return allNodes(graph).flatMap(({ name = '', opType = '', output = [] }) => {
    const twice = seen.has(name);
    seen.add(name);
    if (name === '') return [`The ${opType} that gives ${output[0]} has no name.`];
    if (twice) return [`Two nodes are called ${name}.`];
    const [, own] = /^(?:\/[^/\s]+)*\/([^/\s]+)$/.exec(name) ?? [];
    return own?.replace(/_\d+$/, '') === opType ? [] : [`${name} is no scope with the operator ${opType} in it.`];
  });
}

/** A weight is found by its parameter's name; one of few bits and its scales by that name and an ending. */
function weightProblems({ initializer = [], input = [] }: GraphProto, parameters: readonly string[]): string[] {
  const names = [...initializer, ...input].map(({ name = '' }) => name);
  const isOf = (name: string, parameter: string): boolean => name === parameter || name.startsWith(`${parameter}_`);
  const missing = parameters.filter((parameter) => !names.some((name) => isOf(name, parameter)));
  const foreign = initializer.filter(
    (tensor) => isMatrix(tensor) && !parameters.some((parameter) => isOf(tensor.name ?? '', parameter)),
  );
  return [
    ...missing.map((parameter) => `There is no tensor called ${parameter}.`),
    ...foreign.map(({ name, dims }) => `The tensor ${name} [${dims}] bears no parameter's name.`),
  ];
}

/** As opposed to the shapes, axes and numbers in formulas that a graph holds besides. */
function isMatrix({ dims = [] }: TensorProto): boolean {
  return dims.filter((size) => size > 1).length > 1;
}

/** Every value that is made or given has a type and a shape. */
function typeProblems({ node = [], input = [], output = [], valueInfo = [] }: GraphProto): string[] {
  const typed = new Set([...input, ...output, ...valueInfo].filter(hasShape).map(({ name }) => name));
  const given = [...input, ...output].map(({ name = '' }) => name);
  const made = node.flatMap((one) => one.output ?? []).filter((name) => name !== '');
  const untyped = [...given, ...made].filter((name) => !typed.has(name));
  return untyped.map((name) => `${name} has no type or no shape.`);
}

function hasShape({ type }: ValueInfoProto): boolean {
  return type?.tensorType?.elemType !== undefined && type.tensorType.shape !== undefined;
}
