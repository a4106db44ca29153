import { UserError } from '../errors.ts';
import type { DeviceName } from './session.ts';

/** What a device may be asked for by. */
const names: readonly string[] = ['auto', 'cpu', 'cuda', 'webgpu', 'wasm'] satisfies readonly (DeviceName | 'auto')[];

/** @throws UserError for a name that is no device's */
export function checkDeviceName(wanted: string): void {
  if (!names.includes(wanted)) throw new UserError(`There is no device "${wanted}": choose from ${names.join(', ')}.`);
}

/** Why a device is not there, or less than it could be, and what to do: clauses, to be put into a sentence. */
export interface Absence {
  readonly reason: string;
  readonly remedy: string;
}

/** What `devices()` tells of one device. */
export interface DeviceReport extends Partial<Absence> {
  readonly device: DeviceName;
  /** Whether a model can be opened on it. */
  readonly available: boolean;
  /** Whether `auto` takes it. */
  readonly auto: boolean;
  /** Whether it is a GPU that is emulated in software: right in its results, but slower than the CPU. `auto` passes it over. */
  readonly emulated: boolean;
  /** What it is, such as the processor's name and its number of cores. */
  readonly description: string;
}

/** One row of what ONNX Runtime, a driver or a loader says of a device that is not there. */
export interface AbsenceRow {
  readonly said: RegExp;
  readonly means: (found: RegExpExecArray) => Absence;
}

/** What a text means by a table: the first row whose words are in it. */
export function explainBy(rows: readonly AbsenceRow[], text: string): Absence | undefined {
  for (const { said, means } of rows) {
    const found = said.exec(text);
    if (found !== null) return means(found);
  }
  return undefined;
}

/** The error for a device that was asked for by name and is not there. */
export function absentDeviceError(
  device: DeviceName,
  { reason, remedy }: Absence,
  instead: DeviceName,
  cause?: unknown,
): UserError {
  return new UserError(
    `The device ${device} is not available: ${reason}. What to do: ${remedy}. Or use the device ${instead}.`,
    cause === undefined ? {} : { cause },
  );
}

/** Marks the device that `auto` takes: the first of `order` that is available and no emulation. */
export function markAuto(
  reports: readonly Omit<DeviceReport, 'auto'>[],
  order: readonly DeviceName[],
): readonly DeviceReport[] {
  const taken = order.find((name) =>
    reports.some(({ device, available, emulated }) => device === name && available && !emulated),
  );
  return reports.map((report) => ({ ...report, auto: report.device === taken }));
}
