import { type Model, plainContext } from '../../models/model.ts';
import { UserError } from '../errors.ts';
import { build, type NamedValue, slice, type Value } from '../graph/index.ts';
import { attentionContext } from './attention-forms.ts';
import { type FormOptions, tokensInput } from './options.ts';
import type { Program } from './program.ts';

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
  model: Model,
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
  const logits = model.logits(tokens, {
    ...plainContext,
    // A fused attention takes the queries of all tokens.
    ...(last && attention === 'trilu' ? { last: lastOf } : {}),
    tap: (name, value) => {
      if (taps.some((tap) => name === tap || name.startsWith(`${tap}.`))) tapped.push({ name, value });
      return value;
    },
    ...attentionContext(attention, tokens),
  });
  const graph = build({
    name: `${model.config.model} forward`,
    inputs: { tokens },
    outputs: [{ name: 'logits', value: last ? lastOf(logits, 1) : logits }, ...tapped],
  });
  return { name: 'forward', config: model.config, graph, state: [] };
}

/** The last of a value along an axis, which stays. */
function lastOf(x: Value, axis: number): Value {
  return x.shape.at(axis) === 1 ? x : slice(x, { axis, start: -1, length: 1 });
}
