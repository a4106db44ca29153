import { UserError } from '../../errors.ts';
import { type Absence, absentDeviceError, checkDeviceName } from '../device-report.ts';
import type { OpenOptions } from '../session.ts';
import { type ThreadGlobals, threadsAbsence, webgpuAbsence } from './absence.ts';
import { findAdapter, type WebGpuGlobals } from './adapter.ts';

/** A device of the web, and what is worth telling of how it was chosen. */
export interface ChosenWebDevice {
  readonly device: 'wasm' | 'webgpu';
  /** Sentences, such as why there is no GPU. */
  readonly notices: readonly string[];
}

/**
 * The device that a model is opened on. `auto` is webgpu where the browser gives a GPU that is one, else wasm.
 * @param options.threads one thread that was asked for is not worth telling
 * @throws UserError when a device that was asked for by name is not there
 */
export async function chooseDevice(
  wanted: OpenOptions['device'] = 'auto',
  { threads: asked }: Pick<OpenOptions, 'threads'> = {},
  globals: WebGpuGlobals & ThreadGlobals = globalThis,
): Promise<ChosenWebDevice> {
  checkDeviceName(wanted);
  if (wanted === 'cpu' || wanted === 'cuda') {
    throw new UserError(`The device ${wanted} exists in Node only: use wasm, webgpu or auto in a browser.`);
  }
  const threads = asked === 1 ? undefined : threadsAbsence(globals);
  const onWasm = threads === undefined ? [] : [sentence(threads)];
  if (wanted === 'wasm') return { device: 'wasm', notices: onWasm };
  const adapter = await findAdapter(globals);
  const absence = webgpuAbsence(adapter, globals);
  if (absence === undefined) return { device: 'webgpu', notices: [] };
  if (wanted === 'auto') return { device: 'wasm', notices: [`The device is wasm: ${sentence(absence)}`, ...onWasm] };
  if (adapter.found !== 'software') throw absentDeviceError('webgpu', absence, 'wasm');
  return { device: 'webgpu', notices: [`The GPU is emulated in software (${adapter.name}): use it for tests only.`] };
}

function sentence({ reason, remedy }: Absence): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}. What to do: ${remedy}.`;
}
