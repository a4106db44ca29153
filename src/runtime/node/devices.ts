import type { InferenceSession } from 'onnxruntime-node';
import type { CudaOptions, DeviceName, OpenOptions } from '../session.ts';
import { checkCudaOptions } from './cuda.ts';

/** The devices that onnxruntime-node serves. */
export type NodeDeviceName = Exclude<DeviceName, 'wasm'>;

type Providers = readonly InferenceSession.ExecutionProviderConfig[];

/** The providers of each device. onnxruntime-node reads no more than the GPU's number from what CUDA is given. */
const providers: Readonly<Record<NodeDeviceName, (cuda: CudaOptions) => Providers>> = {
  cpu: () => ['cpu'],
  cuda: ({ deviceId = 0 }) => [{ name: 'cuda', deviceId }],
  webgpu: () => [{ name: 'webgpu' }],
};

/**
 * ONNX Runtime's providers of a device.
 * @throws UserError for an option of CUDA's that can't be
 */
export function providersFor(device: NodeDeviceName, { cuda = {} }: Pick<OpenOptions, 'cuda'> = {}): Providers {
  checkCudaOptions(cuda);
  return providers[device](cuda);
}
