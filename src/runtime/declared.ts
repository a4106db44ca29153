import { dataTypeName } from '../onnx/data-types.ts';
import type { ValueInfoProto } from '../onnx/protos.ts';
import { RuntimeError } from './runtime-error.ts';
import type { ValueDescription } from './session.ts';
import { isTensorType } from './tensor.ts';

/** What a file declares of an input or an output, as ONNX Runtime would tell it. @throws RuntimeError kind `load` */
export function describeDeclared({ name = '', type }: ValueInfoProto): ValueDescription {
  const tensor = type?.tensorType;
  if (tensor === undefined) throw new RuntimeError('load', `"${name}" is a sequence or a map, not a tensor.`);
  const element = dataTypeName(tensor.elemType ?? 0);
  if (!isTensorType(element)) throw new RuntimeError('load', `The element type ${element} is not supported.`);
  const shape = (tensor.shape?.dim ?? []).map(({ dimValue, dimParam }) =>
    dimValue === undefined ? (dimParam ?? '') : Number(dimValue),
  );
  return { name, type: element, shape };
}
