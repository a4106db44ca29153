import { type Absence, absentDeviceError, checkDeviceName } from '../device-report.ts';
import type { CudaOptions, DeviceName, OpenOptions } from '../session.ts';
import { absenceIn } from './absence.ts';
import { checkCudaOptions, cudaRuledOut, settleTf32 } from './cuda.ts';
import { type Machine, thisMachine } from './machine.ts';
import { type ProbedDevice, type ProbeResult, probe } from './probe.ts';
import { emulatorOf, webgpuRuledOut } from './webgpu.ts';

/** A device, and what is worth telling of how it was chosen. */
export interface ChosenDevice {
  readonly device: DeviceName;
  /** Sentences, such as why a GPU that is there is not used. */
  readonly notices: readonly string[];
}

/** How a device is tried; for tests. */
export type Try = (device: ProbedDevice, machine: Machine) => Promise<ProbeResult>;

/** The answer to `auto`, which holds as long as the process lives. */
let automatic: Promise<ChosenDevice> | undefined;

/**
 * The device that a model is opened on. `auto` is cuda, webgpu or cpu, the first that works; devices are tried in a process of
 * their own, and only where a look at the system's files says that there may be a GPU, so that a machine without one loses
 * no time. A GPU that is emulated in software is passed over.
 *
 * The answer is remembered in the thread that asks: ask in the main thread, and tell workers the device by name.
 *
 * @param cuda CUDA's options: checked in any case, and TF32 settled by them where CUDA is the choice
 * @throws UserError when a device that was asked for by name can't be there, or an option of CUDA's can't be
 */
export async function chooseDevice(wanted: OpenOptions['device'] = 'auto', cuda?: CudaOptions): Promise<ChosenDevice> {
  checkDeviceName(wanted);
  checkCudaOptions(cuda);
  const chosen = wanted === 'auto' ? await chosenOnce() : takeNamed(wanted);
  if (chosen.device === 'cuda') settleTf32(cuda);
  return chosen;
}

function chosenOnce(): Promise<ChosenDevice> {
  automatic ??= chooseAutomatically(thisMachine, probe);
  return automatic;
}

function takeNamed(device: DeviceName): ChosenDevice {
  const absence = device === 'cuda' ? cudaRuledOut(thisMachine) : undefined;
  if (absence !== undefined) throw absentDeviceError(device, absence, 'cpu');
  return { device, notices: [] };
}

/** The choice itself, on any machine. */
export async function chooseAutomatically(machine: Machine, attempt: Try): Promise<ChosenDevice> {
  const gpuFiles = await machine.gpuFiles();
  const nvidia = gpuFiles === undefined || gpuFiles.some((file) => /nvidia|dxg/.test(file));
  const passed: string[] = [];
  if (nvidia && cudaRuledOut(machine) === undefined) {
    const result = await attempt('cuda', machine);
    if (result.works) return { device: 'cuda', notices: [] };
    passed.push(notice('cuda', absenceIn('cuda', result)));
  }
  if (machine.runtime !== undefined && webgpuRuledOut(machine, gpuFiles) === undefined) {
    const result = await attempt('webgpu', machine);
    const emulated = result.works && emulatorOf(result, gpuFiles) !== undefined;
    if (result.works && !emulated) return { device: 'webgpu', notices: passed };
    // Where there are no device files to look at, there may be no GPU at all: nothing to tell.
    if (gpuFiles !== undefined && !emulated) passed.push(notice('webgpu', absenceIn('webgpu', result)));
  }
  return { device: 'cpu', notices: passed };
}

function notice(device: ProbedDevice, { reason, remedy }: Absence): string {
  return `There is a GPU, but ${device} can't use it: ${reason}. What to do: ${remedy}.`;
}
