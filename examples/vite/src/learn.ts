import { exportModel, generateText, type OpenOptions, type Session, train } from 'trilu';
import { gptNano } from 'trilu/models';
import { open } from 'trilu/web';

/** What happened since the last event. */
export type LearningEvent =
  | { readonly kind: 'opened'; readonly device: string; readonly notices: readonly string[] }
  | { readonly kind: 'trained'; readonly step: number; readonly loss: number }
  | { readonly kind: 'written'; readonly text: string };

/** What is to be done. */
export interface Task {
  readonly text: string;
  readonly steps: number;
  /** How much is written after training. */
  readonly characters: number;
}

/** Trains a small GPT on a text, then writes like it. All of the work is done in trilu's worker, so the page stays free. */
export async function learn(
  { text, steps, characters }: Task,
  options: OpenOptions,
  show: (event: LearningEvent) => void,
): Promise<void> {
  const openThere = async (file: Uint8Array): Promise<Session> => {
    const session = await open(file, options);
    show({ kind: 'opened', device: session.device, notices: session.notices });
    return session;
  };
  const trained = await train(gptNano, {
    text,
    settings: { layers: 2, heads: 4, embedding: 64, block: 32 },
    steps,
    batch: 8,
    learningRate: 3e-3,
    stepsPerRun: 5, // and a report after each run
    evaluateEvery: 0,
    open: openThere,
    onEvent: (event) => {
      if (event.kind === 'steps') show({ kind: 'trained', step: event.step, loss: event.loss });
    },
  });

  // The trained weights, in a graph that continues a text.
  const decode = await openThere(exportModel(trained, 'decode'));
  const prompt = 'The';
  show({ kind: 'written', text: prompt });
  const sampling = { temperature: 0.5, seed: 1 };
  const written = generateText({ decode, prompt, count: characters, sampling });
  for await (const piece of written) show({ kind: 'written', text: piece });
  await decode.dispose();
}
