import * as dagre from '@dagrejs/dagre';
import { modelNamed } from '../../../models/index.ts';
import { encodeModel, inspectModel } from '../../../src/onnx.ts';
import {
  exportProgram,
  initialize,
  makeProgram,
  modelParameters,
  type ProgramName,
  presetFor,
} from '../../../src/parts.ts';
import { readFileGraph } from '../../../web/src/inside/file-graph.ts';
import type { FileGraph } from '../../../web/src/inside/items.ts';
import type { ModelMessage } from '../../../web/src/inside/messages.ts';
import { Picture } from '../../../web/src/inside/scene.ts';
import { type Wiring, wire } from '../../../web/src/inside/wiring.ts';

/** A file as the app holds it. */
export interface Opened {
  readonly message: ModelMessage;
  readonly graph: FileGraph;
  readonly wiring: Wiring;
  readonly picture: Picture;
}

export function opened(bytes: Uint8Array): Opened {
  const { model: message } = inspectModel(bytes, 'The file', { values: true });
  const graph = readFileGraph(message);
  const wiring = wire(graph);
  return { message, graph, wiring, picture: new Picture(graph, wiring, dagre) };
}

/** A program of a stage at its own size. */
export function openedProgram(stage: string, name: ProgramName): Opened {
  const model = modelNamed(stage).configure({ vocabulary: 65 });
  const program = makeProgram(name, model, { optimizer: presetFor(model.definition).optimizer });
  const weights =
    name === 'train' ? new Map<string, Float32Array>() : initialize(modelParameters(model), model.initialization, 1);
  return opened(exportProgram(program, { weights }));
}

type Graph = ModelMessage['graph'];

/** A file of another tool. */
export function openedGraph(graph: Graph): Opened {
  return opened(encodeModel({ irVersion: 8, opsetImport: [{ version: 18 }], graph }));
}

/** A value of floats, as a file declares it. */
export function declared(name: string, ...sizes: readonly (number | string)[]): NonNullable<Graph['input']>[number] {
  const dim = sizes.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

/** Numbers from 0 to 1, the same each time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Some of the scopes of a graph, open. */
export function someOpen({ items }: FileGraph, share: number, random: () => number): ReadonlySet<number> {
  return new Set(items.filter(({ children }) => children.length > 0 && random() < share).map(({ id }) => id));
}
