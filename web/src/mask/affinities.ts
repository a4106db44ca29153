import type { Tensors } from '../../../src/index.ts';
import { tensor } from '../../../src/index.ts';
import { exportProgram, forwardProgram } from '../../../src/parts.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import { type OpenedModel, openedModel, shippedId } from '../models/opened-models.ts';
import { affinitiesFeed, runStage } from './averages.ts';
import type { Affinities, AffinitiesModel, HeadChoice, ShownGraph } from './protocol.ts';
import { floats, largestDifference, sessionOf } from './sessions.ts';
import { shownPart } from './shown-graph.ts';

let written: Promise<Uint8Array<ArrayBuffer>> | undefined;
let read: { readonly text: string; readonly device: DeviceChoice; readonly outputs: Tensors } | undefined;
const parts = new Map<number, ShownGraph>();

/** The forward program of the shipped model, which shows its scores and its attention as well. */
export function modelFile(): Promise<Uint8Array<ArrayBuffer>> {
  if (written !== undefined) return written;
  const writing = openedModel(shippedId).then(({ model, weights = new Map(), tokenizer }) =>
    exportProgram(forwardProgram(model, { taps: ['scores', 'attention'] }), { weights, tokenizer }),
  );
  written = writing;
  writing.catch(() => {
    written = undefined;
  });
  return writing;
}

/**
 * What a head of the shipped model makes of a text, with the mask and the softmax of the steps' own graphs.
 * @throws UserError naming the characters that the model does not know
 */
export async function affinitiesOf(
  text: string,
  { layer, head }: HeadChoice,
  device: DeviceChoice,
): Promise<Affinities> {
  const opened = await openedModel(shippedId);
  const model = modelOf(opened);
  const outputs = await outputsOf(text, device, opened);
  const characters = [...text];
  const [scores, own] = [`scores.${layer}`, `attention.${layer}`].map((name) =>
    ofHead(floats(outputs, name), head, characters.length),
  ) as [Float32Array, Float32Array];
  const feeds = affinitiesFeed(scores);
  const masked = floats(await runStage('mask', device, feeds), 'masked');
  const weights = floats(await runStage('softmax', device, feeds), 'weights');
  const graph = parts.get(layer) ?? shownPart(await modelFile(), `scores.${layer}`);
  parts.set(layer, graph);
  const difference = largestDifference(weights, own);
  return { model, layer, head, characters, graph, scores, masked, weights, difference };
}

/** All heads of all layers come out of one run: another choice of head needs no other. */
async function outputsOf(text: string, device: DeviceChoice, { tokenizer }: OpenedModel): Promise<Tensors> {
  if (read?.text === text && read.device === device) return read.outputs;
  const tokens = tokenizer.encode(text);
  const file = await modelFile();
  const session = await sessionOf('affinities', device, () => file);
  const outputs = await session.run({ tokens: tensor('int32', [1, tokens.length], tokens) });
  read = { text, device, outputs };
  return outputs;
}

/** @param all (1, head, time, time) @returns (time, time) */
function ofHead(all: Float32Array, head: number, time: number): Float32Array {
  return all.slice(head * time ** 2, (head + 1) * time ** 2);
}

function modelOf({ info: { name }, model: { settings } }: OpenedModel): AffinitiesModel {
  const [layers, heads] = [Number(settings.layers), Number(settings.heads)];
  return { name, layers, heads, headSize: Number(settings.embedding) / heads };
}
