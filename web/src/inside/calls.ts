import { modelNames } from '../../../models/index.ts';
import { UserError } from '../../../src/index.ts';
import { inspectModel } from '../../../src/onnx.ts';
import { detailsOf, type ReadOutside } from './details.ts';
import { readFileGraph } from './file-graph.ts';
import type { FileGraph } from './items.ts';
import type { Details, GraphSource, OpenedGraph, Scene, SearchResult } from './protocol.ts';
import { Picture } from './scene.ts';
import { Index } from './search.ts';
import { readSource } from './sources.ts';
import { openAtFirst } from './start.ts';
import { summaryOf } from './summary.ts';
import { wire } from './wiring.ts';

/** The file that is looked at. */
interface Current {
  readonly key: number;
  readonly fileName: string;
  readonly bytes: Uint8Array;
  readonly graph: FileGraph;
  readonly picture: Picture;
  readonly index: Index;
  readonly readOutside: ReadOutside;
}

let current: Current | undefined;
let opened = 0;

/** @throws UserError when another file was opened since */
function lookedAt(key: number): Current {
  if (current?.key === key) return current;
  throw new UserError('Another file was opened meanwhile: choose what to look at again.');
}

/** What the page may ask of the engine. */
export const insideCalls = {
  /** The rungs of the ladder, which can be looked at untrained. */
  graphStages: (): readonly string[] => modelNames,

  /** Opens what is to be looked at; it takes the place of what was looked at before. */
  async openGraph(source: GraphSource): Promise<OpenedGraph> {
    opened += 1;
    const key = opened;
    const [{ fileName, title, bytes, readOutside }, dagre] = await Promise.all([
      readSource(source),
      import('@dagrejs/dagre'),
    ]);
    const inspection = inspectModel(bytes, fileName, { values: true });
    const graph = readFileGraph(inspection.model);
    const picture = new Picture(graph, wire(graph), dagre);
    const taken = { key, fileName, bytes, graph, picture, index: new Index(graph), readOutside };
    // What was asked for last counts, whichever is ready first.
    if (key === opened) current = taken;
    return { key, fileName, title, summary: summaryOf(inspection, bytes.length), open: openAtFirst(graph) };
  },

  /** The picture with some scopes open. */
  graphScene: (key: number, open: readonly number[]): Scene => lookedAt(key).picture.scene(new Set(open)),

  /** What is told of an item. */
  graphDetails(key: number, item: number): Promise<Details | undefined> {
    const { graph, readOutside } = lookedAt(key);
    return detailsOf(item, graph, readOutside);
  },

  /** Finds nodes, values, weights and scopes. */
  findInGraph: (key: number, query: string): SearchResult => lookedAt(key).index.find(query),

  /** The file itself. */
  graphFile(key: number): { readonly fileName: string; readonly file: Blob } {
    const { fileName, bytes } = lookedAt(key);
    return { fileName, file: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }) };
  },
};
