import { generateScoredText, type ScoredText, tensor, UserError } from '../../../src/index.ts';

import { breathe } from '../engine/open.ts';
import { openedModel } from '../models/opened-models.ts';
import type { AttentionMaps, Likelihood, WriteRequest, WritingResult, WrittenCharacter } from './protocol.ts';
import { attentionSession, writingSessions } from './sessions.ts';

/** How often the page is told, in milliseconds: it looks like a stream, and leaves the processor to the model. */
const interval = 100;
/** Alternatives told of each character. */
const mostAlternatives = 8;

let underWay: AbortController | undefined;

/** What the page may ask of the engine about writing. */
export const writeCalls = {
  /**
   * Writes a text on.
   * @param onCharacters told what came, several characters at once
   * @throws UserError for characters that the model does not know, and sampling options that mean nothing
   */
  async write(
    request: WriteRequest,
    onCharacters: (characters: readonly WrittenCharacter[]) => void,
  ): Promise<WritingResult> {
    underWay?.abort();
    const stop = new AbortController();
    underWay = stop;
    const opened = await openedModel(request.model);
    const { tokenizer, info } = opened;
    const sessions = await writingSessions(opened, request.device);
    const session = sessions.decode ?? sessions.forward;
    if (session === undefined) throw new UserError(`${info.name} has nothing to write with.`);
    const { prompt, count, temperature, topK, topP, seed } = request;
    const passage = generateScoredText({
      ...sessions,
      tokenizer,
      prompt,
      count,
      blockSize: info.blockSize,
      sampling: { temperature, topK: Math.min(topK, tokenizer.size), topP, seed },
      alternatives: Math.min(mostAlternatives, tokenizer.size),
    });
    const started = performance.now();
    let characters = 0;
    let waiting: WrittenCharacter[] = [];
    let told = started;
    for await (const scored of passage) {
      characters += 1;
      waiting.push(written(scored));
      if (performance.now() - told < interval) continue;
      onCharacters(waiting);
      waiting = [];
      await breathe();
      told = performance.now();
      if (stop.signal.aborted) break;
    }
    if (waiting.length > 0) onCharacters(waiting);
    const seconds = (performance.now() - started) / 1000;
    return { characters, seconds, device: session.device, notices: session.notices };
  },

  /** Ends the writing under way after the character it is at. */
  stopWriting(): void {
    underWay?.abort();
  },

  /**
   * Whom each character looks at, in each layer and head, when the one after a text is written.
   * @param text all that stands before the character
   * @throws UserError for a model whose attention can't be computed
   */
  async attention(id: string, text: string): Promise<AttentionMaps> {
    const opened = await openedModel(id);
    const { info, tokenizer } = opened;
    if (info.noAttention !== undefined) throw new UserError(info.noAttention);
    const session = await attentionSession(opened);
    const tokens = Int32Array.from(tokenizer.encode(text)).slice(-info.blockSize);
    const results = await session.run({ tokens: tensor('int32', [1, tokens.length], tokens) });
    const layers: Float32Array[] = [];
    for (let layer = 0; ; layer += 1) {
      const weights = results[`attention.${layer}`];
      if (weights === undefined || !(weights.data instanceof Float32Array)) break;
      layers.push(weights.data);
    }
    const heads = results['attention.0']?.shape[1] ?? 1;
    return { characters: Array.from(tokens, (token) => tokenizer.decode([token])), heads, layers };
  },
};

function likelihood({ text, logProbability }: { readonly text: string; readonly logProbability: number }): Likelihood {
  return { text, probability: Math.exp(logProbability) };
}

function written({ alternatives, ...scored }: ScoredText): WrittenCharacter {
  return { ...likelihood(scored), alternatives: alternatives.map(likelihood) };
}
