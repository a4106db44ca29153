import { effect, signal } from '@preact/signals';
import { engine } from '../engine/start.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import { charactersOf } from '../shared/characters.ts';
import { messageOf } from '../shared/errors.ts';
import { newest } from './newest.ts';
import type { Affinities, Averages, HeadChoice, ShownStages } from './protocol.ts';

export const mostCharacters = 16;

/** How long the typing must rest before it is computed with. */
const rest = 150;

/** What is in the field. It outlives the view: who comes back finds it as it was. */
export const text = signal('to be or not');
export const choice = signal<HeadChoice>({ layer: 0, head: 2 });
/** WebAssembly unless chosen: a GPU would take longer to be asked than these small matrices take. */
export const device = signal<DeviceChoice>('wasm');

/** What is shown; until it is computed, undefined. What fails leaves it as it was. */
export const stages = signal<ShownStages | undefined>(undefined);
export const averages = signal<Averages | undefined>(undefined);
export const affinities = signal<Affinities | undefined>(undefined);

/** What went wrong with the steps, and with the model. */
export const problem = signal<string | undefined>(undefined);
export const modelProblem = signal<string | undefined>(undefined);

/** The text that is computed with: what is in the field, when the typing rests. */
const settled = signal(text.value);

/** Takes as much of a text as there is room for. @returns what was taken */
export function takeText(typed: string): string {
  text.value = charactersOf(typed).slice(0, mostCharacters).join('');
  return text.value;
}

/** What is to be computed, and where. */
interface Wanted {
  readonly wanted: string;
  readonly on: DeviceChoice;
}

const average = newest(async ({ wanted, on }: Wanted) => {
  try {
    averages.value = await engine().maskAverages(wanted, on);
    problem.value = undefined;
  } catch (error) {
    problem.value = messageOf(error);
  }
});

const attend = newest(async ({ wanted, on, head }: Wanted & { readonly head: HeadChoice }) => {
  try {
    affinities.value = await engine().maskAffinities(wanted, head, on);
    modelProblem.value = undefined;
  } catch (error) {
    modelProblem.value = messageOf(error);
  }
});

async function readStages(): Promise<void> {
  try {
    stages.value = await engine().maskStages();
  } catch (error) {
    problem.value = messageOf(error);
  }
}

/** Computes what is typed and chosen, until the function that it gives is called. */
export function compute(): () => void {
  if (stages.peek() === undefined) void readStages();
  const ends = [
    effect(() => {
      const typed = text.value;
      const timer = setTimeout(() => {
        if (typed !== '') settled.value = typed;
      }, rest);
      return () => clearTimeout(timer);
    }),
    effect(() => average({ wanted: settled.value, on: device.value })),
    effect(() => attend({ wanted: settled.value, on: device.value, head: choice.value })),
  ];
  return () => {
    for (const end of ends) end();
  };
}
