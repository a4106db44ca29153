import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type HuggingFaceOptions, huggingFaceFiles } from '../../src/export/hugging-face-folder.ts';
import type { ConfiguredModel, GivenSettings } from '../../src/model/index.ts';
import type { Weights } from '../../src/programs/parameters.ts';
import { generate } from '../../src/runtime/generation/generate-tokens.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { openFile } from '../support/run-graph.ts';
import { strongWeights, tinyFile, tinyModel } from '../support/tiny-ladder.ts';

/** Characters that tokenizers are known to change: controls, both halves of CRLF, spaces, a combining mark, a joiner, emoji. */
export const vocabulary: readonly string[] = [
  ...['\0', '\n', '\r', ' ', '!', '"', "'", ',', '.', '?', '0', '9', 'a', 'b', 'n'],
  ...['s', 't', '\u0301', 'é', '\u2028', '\ufeff', '😀', '\u200d', '👩'],
];

export const tokenizer: CharacterTokenizer = CharacterTokenizer.fromVocabulary(vocabulary);

/** A model with weights, and the folder that was written of it. */
export interface WrittenModel {
  readonly model: ConfiguredModel;
  readonly weights: Weights;
  /** Without a slash at the end. */
  readonly path: string;
}

export interface WrittenModelOptions extends HuggingFaceOptions {
  readonly settings?: Partial<GivenSettings>;
  readonly seed?: number;
  /** What the rows of the positions are multiplied with: more of it makes greedy text go on changing. */
  readonly placesWeigh?: number;
}

const root = mkdtempSync(join(tmpdir(), 'trilu-hugging-face-'));

/** Where the folders of this test file stand. */
export function folders(): string {
  return root;
}

/** To be called when the tests are over. */
export function removeFolders(): void {
  rmSync(root, { recursive: true, force: true });
}

/** Writes the folder of a tiny stage with strong weights. @param name the folder's */
export function writeFolder(
  name: string,
  stage: string,
  { settings = {}, seed = 1, placesWeigh = 1, ...options }: WrittenModelOptions = {},
): WrittenModel {
  const model = tinyModel(stage, { vocabulary: vocabulary.length, ...settings });
  const weights = strongWeights(model, seed);
  const places = weights.get('transformer.wpe.weight');
  if (places !== undefined) {
    weights.set(
      'transformer.wpe.weight',
      places.map((number) => number * placesWeigh),
    );
  }
  const path = join(root, name);
  for (const [file, content] of huggingFaceFiles({ model, weights, tokenizer }, options)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  }
  return { model, weights, path };
}

/** What our own runtime writes on, the likeliest character each time, with the lecture's window. */
export async function ownGreedyText({ model, weights }: WrittenModel, prompt: string, count: number): Promise<string> {
  const forward = await openFile(tinyFile('forward', model, { weights }));
  const tokens = [...tokenizer.encode(prompt)];
  const written: number[] = [];
  for await (const id of generate({ forward, tokens, count, blockSize: model.block, sampling: { greedy: true } }))
    written.push(id);
  await forward.dispose();
  return tokenizer.decode(written);
}
