import { UserError } from '../../errors.ts';
import { absentDeviceError, explainBy } from '../device-report.ts';
import type { Absence, Backend } from '../devices/device.ts';
import type { NodeDevice } from '../devices/node/node-device.ts';
import { nodeDevices } from '../devices/node/node-devices.ts';
import { messageOf, RuntimeError } from '../runtime-error.ts';
import { thisMachine } from './machine.ts';
import { type ProbeResult, probe } from './probe.ts';

/** Why a probe did not work. */
export function absenceIn(
  { absences = [] }: Pick<NodeDevice, 'absences'>,
  { message, log }: Pick<ProbeResult, 'message' | 'log'>,
): Absence {
  return (
    explainBy(absences, `${message}\n${log}`) ?? {
      reason: readable(message),
      remedy: "bring the GPU's driver up to date",
    }
  );
}

/** The first line of ONNX Runtime's message, without the source file and the expression before its point. */
function readable(message: string): string {
  const line = message.trim().split('\n', 1)[0] ?? '';
  const point = /CUDA failure \d+: [^;]+/.exec(line)?.[0] ?? line.replace(/^.* was false\. /, '');
  return point.trim().replace(/\.$/, '');
}

/**
 * Makes an error of opening a model on a device that is missing say so, why, and what to do; any other error passes as it is.
 * ONNX Runtime never falls back by itself. It often only logs the reason, so the device is tried once more, in a process of its
 * own, to read that.
 */
export async function explainAbsence(
  device: NodeDevice,
  error: unknown,
  { providers }: Pick<Backend, 'providers'>,
): Promise<unknown> {
  if (error instanceof UserError) return error;
  const message = messageOf(error instanceof RuntimeError ? (error.cause ?? error) : error);
  if (explainBy(device.absences ?? [], message) === undefined) return error;
  const { log } = await probe(providers, thisMachine);
  return absentDeviceError(device, absenceIn(device, { message, log }), nodeDevices.fallback, error);
}
