import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gptSettings } from '../../../bench/common/models.ts';
import { embeddedCorpus } from '../../../src/corpus/corpus.ts';
import { BatchSampler } from '../../../src/text/batches.ts';
import { splitTokens } from '../../../src/text/split.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { namedPreset } from '../../../src/train/trainer/presets.ts';
import { learningRateAt } from '../../../src/train/trainer/schedule.ts';
import { initialState, weightsOf } from '../../../src/train/trainer/training-state.ts';
import { askTorch, pythonWithTorch, toTorch } from '../../support/torch.ts';
import { eventsOf, trainerOf } from './small-run.ts';

const steps = 100;

/** `gpt` itself, in batches of 8 and without dropout, takes minutes: with TRILU_CURVE=gpt. */
const curve =
  process.env.TRILU_CURVE === 'gpt'
    ? { preset: 'nanogpt' as const, batch: 8, timeout: 1_200_000 }
    : { preset: 'nanogpt-cpu' as const, batch: 12, timeout: 60_000 };
const python = pythonWithTorch();

/** The text of the published losses, where its path is given; the embedded corpus has the same kind of curve. */
async function text(): Promise<string> {
  const path = process.env.TRILU_TINYSHAKESPEARE;
  return path === undefined ? (await embeddedCorpus()).text : readFileSync(path, 'utf8');
}

describe.skipIf(python === undefined)("Debian's PyTorch", () => {
  it(`trains by the preset ${curve.preset} along the same curve: ${steps} steps, the batches that PyTorch draws`, {
    timeout: curve.timeout,
  }, async () => {
    const { model: definition, settings, setup: preset } = namedPreset(curve.preset);
    const corpus = await text();
    const tokenizer = CharacterTokenizer.fromText(corpus);
    const tokens = splitTokens(tokenizer.encode(corpus));
    const model = definition.configure({ ...settings, dropout: 0, vocabulary: tokenizer.size });
    const never = { evaluateEvery: 0, sampleEvery: 0, checkpointEvery: 0 };
    const setup = { ...preset, ...never, batch: curve.batch, steps, stepsPerRun: 1, rng: 'torch' as const };
    const state = initialState(model, setup);
    const drawing = { batch: setup.batch, block: model.block, seed: setup.seed, rng: setup.rng };
    const sampler = new BatchSampler(tokens.training, drawing);
    const record = {
      step: 0,
      seconds: 0,
      model,
      setup,
      tokenizer,
      data: { path: undefined, characters: corpus.length, sha256: '' },
      dataPosition: sampler.getState(),
    };

    const batches = sampler.nextSteps(steps);
    const weights = [...weightsOf(model, state)].map(([parameter, data]) => {
      return [parameter, toTorch(state[parameter]?.shape ?? [], data)] as const;
    });
    const learningRates = Array.from({ length: steps }, (_, step) => Math.fround(learningRateAt(step, setup.schedule)));
    const { train } = askTorch(python ?? '', {
      gradients: [],
      crossEntropy: [],
      train: [
        {
          type: 'float32',
          config: gptSettings(model),
          weights: Object.fromEntries(weights),
          tokens: toTorch(batches.shape, batches.tokens),
          targets: toTorch(batches.shape, batches.targets),
          optimizer: setup.optimizer,
          learningRates,
        },
      ],
    });

    const ours = (await eventsOf(trainerOf({ record, state }, tokens))).flatMap((event) =>
      event.kind === 'steps' ? [event] : [],
    );
    const theirs = train[0];
    expect(ours).toHaveLength(steps);
    const farthest = Math.max(...ours.map(({ loss }, step) => Math.abs(loss - (theirs?.losses[step] ?? Number.NaN))));
    console.log(`the losses differ by ${farthest.toExponential(1)} at most`);
    expect(farthest).toBeLessThan(1e-3);
    for (const [step, { gradientNorm }] of ours.entries()) {
      const norm = theirs?.norms[step] ?? Number.NaN;
      expect(Math.abs(gradientNorm - norm) / norm, `the gradient's norm at step ${step + 1}`).toBeLessThan(1e-2);
    }
    expect(ours.at(-1)?.loss).toBeLessThan((ours[0]?.loss ?? 0) - 1);
  });
});
