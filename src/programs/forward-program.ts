import { UserError } from '../errors.ts';
import type { NamedValue } from '../graph/index.ts';
import { type ConfiguredModel, plainProgram } from '../model/index.ts';
import { attentionForm } from './attention-forms.ts';
import { lastToken } from './last-token.ts';
import type { Program } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type FormOptions, tokensInput } from './program-options.ts';

export interface ForwardOptions extends FormOptions {
  /** Names, or beginnings of names, of inner values to output as well: `attention` shows the weights of each layer, `scores` what they are made from: query times key. */
  readonly taps?: readonly string[];
  /** Whether only the last token's logits are computed, which is all that writing needs. */
  readonly last?: boolean;
}

/**
 * tokens int32 (batch, time) → logits float32 (batch, time, vocabulary); with taps, `attention.{layer}` and `scores.{layer}` (batch, head, time, time).
 * With `last`, logits are float32 (batch, 1, vocabulary), and of the last layer's attention the last row is shown.
 * @throws UserError for taps on a fused attention, whose weights nobody can see, and for `last` with a fixed time
 */
export function forwardProgram(
  model: ConfiguredModel,
  { taps = [], last = false, sizes, attention = 'trilu' }: ForwardOptions = {},
): Program {
  if (taps.length > 0 && attention !== 'trilu') {
    throw new UserError(
      `A fused attention (${attention}) shows no weights: leave the taps out, or choose the form trilu.`,
      {
        exitCode: 2,
      },
    );
  }
  if (last && sizes?.time !== undefined) {
    throw new UserError(
      'The last token of a text that is filled up to a fixed time is none of its own: leave out last, or the time.',
      {
        exitCode: 2,
      },
    );
  }
  const tokens = tokensInput('tokens', sizes);
  const tapped: NamedValue[] = [];
  const all = model.logits(tokens, {
    ...plainProgram,
    tap: (name, value) => {
      if (taps.some((tap) => name === tap || name.startsWith(`${tap}.`))) tapped.push({ name, value });
    },
    ...attentionForm(attention, tokens),
  });
  const values = tapped.map(({ value }) => value);
  const { logits, shown } = last ? lastToken(all, values) : { logits: all, shown: values };
  const graph = programGraph({
    name: `${model.name} forward`,
    inputs: { tokens },
    outputs: [
      { name: 'logits', value: logits },
      ...tapped.map(({ name, value }, index) => ({ name, value: shown[index] ?? value })),
    ],
  });
  return { name: 'forward', model, graph, state: [] };
}
