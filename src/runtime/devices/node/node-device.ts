import type { AbsenceRow } from '../../device-report.ts';
import type { Machine } from '../../node/machine.ts';
import type { ProbeResult } from '../../node/probe.ts';
import type { OpenOptions } from '../../session.ts';
import type { Absence, Device } from '../device.ts';

/** A device of Node. All that is not given makes a device that is taken to be there, as the processor is. */
export interface NodeDevice extends Device {
  /** Why it can't be here, by a look at files; undefined when it may be. What is missing is neither tried nor opened. */
  readonly missing?: (machine: Machine) => Absence | undefined;
  /**
   * Whether a small model is run on it, in a process of its own, before `auto` takes it or `devices()` calls it available:
   * for native code that may fail in ways that nobody can catch.
   */
  readonly probed?: boolean;
  /**
   * Whether the device files of the system (undefined where it has none to look at) point to the device; undefined when only a
   * probe can tell. `auto` does not probe what is not expected, and tells why what is expected does not work.
   */
  readonly expected?: (gpuFiles: readonly string[] | undefined) => boolean | undefined;
  /** Why it is missing where it was not expected; what the probe says unless told. */
  readonly unexpected?: Absence;
  /** What messages of ONNX Runtime and of drivers mean, when the device fails to open a model. */
  readonly absences?: readonly AbsenceRow[];
  /** What it is, more closely than the description: the names of the GPUs. @param result what a probe has found, if there was one */
  readonly describe?: (result: ProbeResult | undefined) => string | undefined;
  /** The software that emulates the device; undefined for a real one. */
  readonly emulator?: (result: ProbeResult, gpuFiles: readonly string[] | undefined) => string | undefined;
  /** Whether all sessions on it, and on others of which this is true, must live in one thread of the process. */
  readonly oneThread?: boolean;
  /**
   * Called in the thread that opens a model, before a worker starts.
   * @throws UserError
   */
  readonly prepare?: (options: OpenOptions) => void;
}
