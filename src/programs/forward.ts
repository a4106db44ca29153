import { type Model, plainContext } from '../../models/model.ts';
import { UserError } from '../errors.ts';
import { build, type NamedValue } from '../graph/index.ts';
import { attentionContext } from './attention-forms.ts';
import { type FormOptions, tokensInput } from './options.ts';
import type { Program } from './program.ts';

export interface ForwardOptions extends FormOptions {
  /** Names, or beginnings of names, of inner values to output as well: `attention` shows the weights of each layer, `scores` what they are made from: query times key. */
  readonly taps?: readonly string[];
}

/**
 * tokens int32 (batch, time) → logits float32 (batch, time, vocabulary); with taps, `attention.{layer}` and `scores.{layer}` (batch, head, time, time).
 * @throws UserError for taps on a fused attention, whose weights nobody can see
 */
export function forwardProgram(model: Model, { taps = [], sizes, attention = 'trilu' }: ForwardOptions = {}): Program {
  if (taps.length > 0 && attention !== 'trilu') {
    throw new UserError(
      `A fused attention (${attention}) shows no weights: leave the taps out, or choose the form trilu.`,
      {
        exitCode: 2,
      },
    );
  }
  const tokens = tokensInput('tokens', sizes);
  const tapped: NamedValue[] = [];
  const logits = model.logits(tokens, {
    ...plainContext,
    tap: (name, value) => {
      if (taps.some((tap) => name === tap || name.startsWith(`${tap}.`))) tapped.push({ name, value });
      return value;
    },
    ...attentionContext(attention, tokens),
  });
  const graph = build({
    name: `${model.config.model} forward`,
    inputs: { tokens },
    outputs: [{ name: 'logits', value: logits }, ...tapped],
  });
  return { name: 'forward', config: model.config, graph, state: [] };
}
