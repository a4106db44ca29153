import { type Model, plainContext } from '../../models/model.ts';
import { build, input, type NamedValue } from '../graph/index.ts';
import type { Program } from './program.ts';

export interface ForwardOptions {
  /** Names, or beginnings of names, of inner values to output as well: `attention` shows the weights of each layer. */
  readonly taps?: readonly string[];
}

/** tokens int32 (batch, time) → logits float32 (batch, time, vocabulary); with taps, `attention.{layer}` (batch, head, time, time). */
export function forwardProgram(model: Model, { taps = [] }: ForwardOptions = {}): Program {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const tapped: NamedValue[] = [];
  const logits = model.logits(tokens, {
    ...plainContext,
    tap: (name, value) => {
      if (taps.some((tap) => name === tap || name.startsWith(`${tap}.`))) tapped.push({ name, value });
      return value;
    },
  });
  const graph = build({
    name: `${model.config.model} forward`,
    inputs: { tokens },
    outputs: [{ name: 'logits', value: logits }, ...tapped],
  });
  return { name: 'forward', config: model.config, graph, state: [] };
}
