import { UserError } from '../errors.ts';
import { messageOf } from './errors.ts';
import { providerOf } from './placement.ts';
import type { DeviceName, OpenOptions, Placement } from './session.ts';

/** ONNX Runtime's options of a session that lets no node fall to the CPU. */
export function strictOptions({ strict = false }: Pick<OpenOptions, 'strict'>): Readonly<Record<string, string>> {
  return strict ? { disable_cpu_ep_fallback: '1' } : {};
}

/** How many nodes of one reason an error names. */
const most = 3;

/** The nodes that are not on the device, by reason. */
function describeStrays(placement: readonly Placement[], device: DeviceName): string {
  const byReason = new Map<string, string[]>();
  for (const { node, operator, provider, reason = '' } of placement) {
    if (provider === providerOf[device]) continue;
    const names = byReason.get(reason) ?? [];
    names.push(`${operator} "${node}"`);
    byReason.set(reason, names);
  }
  return [...byReason]
    .map(([reason, names]) => {
      const more = names.length > most ? ` and ${names.length - most} more` : '';
      return `${names.slice(0, most).join(', ')}${more} (${reason})`;
    })
    .join('; ');
}

/**
 * Loads a model; where that is refused because nodes would fall to the CPU, says which and why.
 * @throws UserError naming nodes and reasons
 */
export async function explainingFallback<Result>(
  device: DeviceName,
  load: () => Promise<Result>,
  placement: () => Promise<readonly Placement[]>,
): Promise<Result> {
  try {
    return await load();
  } catch (cause) {
    if (!/fallback to CPU EP has been explicitly disabled/.test(messageOf(cause))) throw cause;
    throw new UserError(
      `The model can't run wholly on ${device}; these nodes would run on the CPU: ` +
        `${describeStrays(await placement(), device)}. Leave strict out to let them, or take another program or device.`,
      { cause },
    );
  }
}
