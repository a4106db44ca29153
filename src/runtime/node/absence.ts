import { UserError } from '../../errors.ts';
import { type Absence, absentDeviceError, explainBy } from '../device-report.ts';
import { messageOf, RuntimeError } from '../errors.ts';
import type { OpenOptions } from '../session.ts';
import { cudaAbsences } from './cuda.ts';
import type { NodeDeviceName } from './devices.ts';
import { thisMachine } from './machine.ts';
import { type ProbedDevice, type ProbeResult, probe } from './probe.ts';
import { webgpuAbsences } from './webgpu.ts';

const tables = { cuda: cudaAbsences, webgpu: webgpuAbsences } as const;

/** Why a probe did not work. */
export function absenceIn(device: ProbedDevice, { message, log }: Pick<ProbeResult, 'message' | 'log'>): Absence {
  return (
    explainBy(tables[device], `${message}\n${log}`) ?? {
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
 * Makes an error of opening a model on a device that is not there say so, why, and what to do; any other passes as it is.
 * ONNX Runtime never falls back by itself. The reason often stands in what it logs only, so the device is tried once more, in
 * a process of its own, to hear that.
 */
export async function explainAbsence(
  device: NodeDeviceName,
  error: unknown,
  { cuda }: Pick<OpenOptions, 'cuda'> = {},
): Promise<unknown> {
  if (device === 'cpu' || error instanceof UserError) return error;
  const message = messageOf(error instanceof RuntimeError ? (error.cause ?? error) : error);
  if (explainBy(tables[device], message) === undefined) return error;
  const { log } = await probe(device, thisMachine, { deviceId: cuda?.deviceId ?? 0 });
  return absentDeviceError(device, absenceIn(device, { message, log }), 'cpu', error);
}
