import type { Absence, Device, Finding } from './devices/device.ts';
import type { DeviceTable } from './devices/device-table.ts';

/** A device, and what is worth telling of how it was chosen. */
export interface Chosen<Kind extends Device> {
  readonly device: Kind;
  /** Sentences, such as why a GPU that is there is not used. */
  readonly notices: readonly string[];
}

/** The choice of `auto`: the device of the highest rank that works and is not emulated in software. */
export async function chooseAutomatically<Kind extends Device>(
  table: DeviceTable<Kind>,
  look: (device: Kind) => Promise<Finding>,
): Promise<Chosen<Kind>> {
  const notices: string[] = [];
  for (const device of table.ranked) {
    const finding = await look(device);
    if (finding.available && !finding.emulated) return { device, notices: [...notices, ...shortcomings(finding)] };
    if (finding.unexpected !== true) notices.push(...shortcomings(finding, `The device ${device.name} is not used: `));
  }
  return { device: table.fallback, notices };
}

/** What is worth telling of a device: why it is missing or worse than it could be, as one sentence; none where all is well. */
export function shortcomings({ reason, remedy }: Partial<Absence>, start = ''): readonly string[] {
  if (reason === undefined || remedy === undefined) return [];
  const text = `${start}${reason}`;
  return [`${text.charAt(0).toUpperCase()}${text.slice(1)}. What to do: ${remedy}.`];
}
