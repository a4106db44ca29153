import { UserError } from '../errors.ts';
import type { Absence, Device, Finding } from './devices/device.ts';
import type { DeviceTable } from './devices/device-table.ts';

/** What `devices()` tells of one device. */
export interface DeviceReport extends Omit<Finding, 'unexpected'> {
  /** The device's name. */
  readonly device: string;
  /** Whether `auto` takes it. */
  readonly auto: boolean;
}

/** The reports of all devices, in the order of `auto`; those that it never takes come last. */
export async function reportDevices<Kind extends Device>(
  table: DeviceTable<Kind>,
  look: (device: Kind) => Promise<Finding>,
): Promise<readonly DeviceReport[]> {
  const findings = await Promise.all(table.all.map(async (device) => ({ device, finding: await look(device) })));
  const taken = findings.find(({ device, finding }) => isTakenByAuto(device, finding))?.device;
  return findings.map(({ device, finding: { unexpected: _, ...finding } }) => ({
    device: device.name,
    auto: device === taken,
    ...finding,
  }));
}

function isTakenByAuto({ rank }: Device, { available, emulated }: Finding): boolean {
  return rank !== undefined && available && !emulated;
}

/** What an error message or a log of ONNX Runtime, a driver or a loader says of a device that is missing, and what that means. */
export interface AbsenceRow {
  readonly said: RegExp;
  readonly means: (found: RegExpExecArray) => Absence;
}

/** What a text means by a table: the first row whose pattern is in it. */
export function explainBy(rows: readonly AbsenceRow[], text: string): Absence | undefined {
  for (const { said, means } of rows) {
    const found = said.exec(text);
    if (found !== null) return means(found);
  }
  return undefined;
}

/** The error for a device that was asked for by name and is missing. @param instead a device that is there */
export function absentDeviceError(
  { name }: Device,
  { reason, remedy }: Absence,
  instead: Device,
  cause?: unknown,
): UserError {
  return new UserError(
    `The device ${name} is not available: ${reason}. What to do: ${remedy}. Or use the device ${instead.name}.`,
    cause === undefined ? {} : { cause },
  );
}
