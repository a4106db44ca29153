import { UserError } from '../../src/errors.ts';
import { type PrecisionOptions, precisions, quantizedForms } from '../../src/export/precision/precision.ts';

/** The file of the generate program in a precision. */
export function generateFileIn({ dtype, form }: PrecisionOptions): string {
  return `generate.${dtype}${form === undefined ? '' : `.${form}`}.onnx`;
}

/**
 * What is measured of a precision besides float32: for whole numbers, every form in which they can be computed.
 * @throws UserError for one that does not exist
 */
export function formsOf(dtype: string): PrecisionOptions[] {
  const known = precisions.find((precision) => precision === dtype);
  if (known === undefined) {
    throw new UserError(`There is no precision '${dtype}'; choose from ${precisions.join(', ')}.`, { exitCode: 2 });
  }
  if (known === 'fp32') return [];
  if (known === 'fp16') return [{ dtype: known }];
  const forms = quantizedForms.filter((form) => form !== 'matmulinteger' || known === 'int8');
  return forms.map((form) => ({ dtype: known, form }));
}
