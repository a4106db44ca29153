import type { DeviceChoice } from '../models/model-info.ts';
import { affinitiesOf, modelFile } from './affinities.ts';
import { averagesOf } from './averages.ts';
import type { Affinities, Averages, GraphFile, GraphName, HeadChoice, ShownStages } from './protocol.ts';
import { shownGraph } from './shown-graph.ts';
import { stageFile, stageFileName } from './stages.ts';

/** What the page may ask of the engine about the mask. */
export const maskCalls = {
  /** The nodes of the steps' graphs: told before any of them is run. */
  maskStages: (): ShownStages => ({
    zeros: shownGraph(stageFile('zeros')),
    triangle: shownGraph(stageFile('triangle')),
    mask: shownGraph(stageFile('mask')),
    softmax: shownGraph(stageFile('softmax')),
    meanByMatMul: shownGraph(stageFile('meanByMatMul')),
    meanBySoftmax: shownGraph(stageFile('meanBySoftmax')),
  }),

  /** Runs the steps with zeros for affinities. */
  maskAverages: (text: string, device: DeviceChoice): Promise<Averages> => averagesOf(text, device),

  /** Runs them with what a head of the shipped model thinks. */
  maskAffinities: (text: string, choice: HeadChoice, device: DeviceChoice): Promise<Affinities> =>
    affinitiesOf(text, choice, device),

  /** The .onnx file of a step. */
  maskFile: async (name: GraphName): Promise<GraphFile> =>
    name === 'affinities'
      ? { name: 'gpt-nano-attention.onnx', bytes: await modelFile() }
      : { name: stageFileName(name), bytes: stageFile(name) },
};
