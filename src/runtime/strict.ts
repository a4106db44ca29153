import { UserError } from '../errors.ts';
import { type Backend, isCpuProvider } from './devices/device.ts';
import { messageOf } from './runtime-error.ts';
import type { OpenOptions, Placement } from './session.ts';

/** ONNX Runtime's options of a session that lets no node fall back to the CPU. */
export function strictOptions(
  backend: Pick<Backend, 'executionProvider'>,
  { strict = false }: Pick<OpenOptions, 'strict'>,
): Readonly<Record<string, string>> {
  return strict && !isCpuProvider(backend) ? { disable_cpu_ep_fallback: '1' } : {};
}

/** How many nodes an error names for each reason. */
const namedNodes = 3;

/** The nodes that are not on the device, by reason. */
function describeOthers(placement: readonly Placement[], executionProvider: string): string {
  const byReason = new Map<string, string[]>();
  for (const { node, operator, provider, reason = '' } of placement) {
    if (provider === executionProvider) continue;
    const names = byReason.get(reason) ?? [];
    names.push(`${operator} "${node}"`);
    byReason.set(reason, names);
  }
  return [...byReason]
    .map(([reason, names]) => {
      const more = names.length > namedNodes ? ` and ${names.length - namedNodes} more` : '';
      return `${names.slice(0, namedNodes).join(', ')}${more} (${reason})`;
    })
    .join('; ');
}

/**
 * Loads a model; where that is refused because nodes would fall back to the CPU, says which and why.
 * @throws UserError naming nodes and reasons
 */
export async function explainingFallback<Result>(
  { device, executionProvider }: Pick<Backend, 'device' | 'executionProvider'>,
  load: () => Promise<Result>,
  placement: () => Promise<readonly Placement[]>,
): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    if (!/fallback to CPU EP has been explicitly disabled/.test(messageOf(cause))) throw cause;
    throw new UserError(
      `The model can't run wholly on ${device}; these nodes would run on the CPU: ` +
        `${describeOthers(await placement(), executionProvider)}. Leave strict out to allow it, or take another program or device.`,
      { cause },
    );
  }
}
