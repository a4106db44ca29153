import { batch, computed, signal } from '@preact/signals';
import { proxy } from 'comlink';
import { engine } from '../engine/start.ts';
import type { ModelChoice, ModelInfo, NamedFile } from '../models/model-info.ts';
import { charactersOf } from '../shared/characters.ts';
import { messageOf } from '../shared/errors.ts';
import type { WriteRequest, WritingResult, WrittenCharacter } from './protocol.ts';

/** What the view shows stays when another view is looked at: it lives here. */
export const request = signal<WriteRequest>({
  model: 'gpt-nano',
  device: 'auto',
  prompt: 'Call me ',
  count: 400,
  temperature: 0.8,
  topK: 0,
  topP: 1,
  seed: 1,
});

export const choices = signal<readonly ModelChoice[]>([]);
export const info = signal<ModelInfo | undefined>(undefined);
export const problem = signal<string | undefined>(undefined);
/** Pieces of what was written, as they came. */
export const pieces = signal<readonly (readonly WrittenCharacter[])[]>([]);
/** What the pieces go on from. */
export const promptOfText = signal('');
export const busy = signal(false);
/** Whether the model is still being fetched and opened. */
export const opening = signal(false);
export const result = signal<WritingResult | undefined>(undefined);
/** The place of the chosen character in what was written. */
export const chosen = signal<number | undefined>(undefined);

export const written = computed(() => pieces.value.flat());

/** Changes some of what is asked for. */
export function change(part: Partial<WriteRequest>): void {
  request.value = { ...request.value, ...part };
}

/** Reads which models there are, and opens the one that is chosen. */
export async function refreshModels(wanted?: string): Promise<void> {
  try {
    choices.value = await engine().models();
    const ids = choices.value.map(({ id }) => id);
    const asked = wanted ?? request.value.model;
    await openModel(ids.includes(asked) ? asked : (ids[0] ?? ''));
  } catch (error) {
    problem.value = messageOf(error);
  }
}

/** Takes another model; the text stays until the next one is written. */
export async function chooseModel(id: string): Promise<void> {
  problem.value = undefined;
  await openModel(id);
}

async function openModel(id: string): Promise<void> {
  change({ model: id });
  try {
    const found = await engine().model(id);
    if (request.value.model === id) info.value = found;
  } catch (error) {
    problem.value = messageOf(error);
  }
}

/** Takes a model that was dropped, and chooses it. */
export async function takeFiles(files: readonly NamedFile[]): Promise<void> {
  problem.value = undefined;
  try {
    const taken = await engine().takeModel(files);
    const { characters } = taken;
    // A prompt that the new model can't read would only be refused.
    const prompt = charactersOf(request.value.prompt).filter((character) => characters?.includes(character) ?? true);
    batch(() => {
      change({ model: taken.id, prompt: prompt.join('') || (characters?.[0] ?? '\n') });
      info.value = taken;
    });
    choices.value = await engine().models();
  } catch (error) {
    problem.value = messageOf(error);
  }
}

/** Writes the prompt on; or stops the writing under way. */
export async function write(): Promise<void> {
  if (busy.value) return;
  batch(() => {
    problem.value = undefined;
    result.value = undefined;
    chosen.value = undefined;
    pieces.value = [];
    promptOfText.value = request.value.prompt;
    busy.value = true;
    opening.value = true;
  });
  const take = (characters: readonly WrittenCharacter[]): void =>
    batch(() => {
      opening.value = false;
      pieces.value = [...pieces.value, characters];
    });
  try {
    result.value = await engine().write(request.value, proxy(take));
  } catch (error) {
    problem.value = messageOf(error);
  } finally {
    batch(() => {
      busy.value = false;
      opening.value = false;
    });
  }
}

export function stop(): void {
  void engine().stopWriting();
}

/** All text before a character that was written. */
export function textBefore(place: number): string {
  return (
    promptOfText.value +
    written.value
      .slice(0, place)
      .map(({ text }) => text)
      .join('')
  );
}

/** Puts another character in a character's place and writes on from there. */
export async function writeInstead(place: number, character: string): Promise<void> {
  if (busy.value) return;
  change({ prompt: textBefore(place) + character });
  await write();
}
