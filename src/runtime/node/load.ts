import { UserError } from '../../errors.ts';
import { messageOf, RuntimeError } from '../runtime-error.ts';

/** onnxruntime-node as a module. */
export type OnnxRuntimeNode = typeof import('onnxruntime-node');

/**
 * Loads onnxruntime-node, an optional peer, when it is first needed.
 * @param load how; for tests
 */
export async function loadOnnxRuntime(
  load: () => Promise<OnnxRuntimeNode> = () => import('onnxruntime-node'),
): Promise<OnnxRuntimeNode> {
  try {
    const runtime = await load();
    // Errors are thrown: printing them too says everything twice.
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (error) {
    const message = messageOf(error);
    if (/Cannot find (package|module) '?onnxruntime-node/.test(message)) {
      throw new UserError('onnxruntime-node is not installed: run `npm install onnxruntime-node`.', { cause: error });
    }
    throw new RuntimeError('load', `onnxruntime-node could not be loaded: ${message}`, { cause: error });
  }
}
