import { UserError } from '../errors.ts';

/** The opset written unless told: the one with kernels for most operators on all providers of ONNX Runtime. */
export const defaultOpset = 18;
export const lowestOpset = 17;
/** The highest that ONNX Runtime 1.30 accepts. */
export const highestOpset = 26;

/** The first opset that needs a version of the file format (IR): the standard's table of releases. */
const firstOpsetOfIr: readonly (readonly [opset: number, ir: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
];

/** The lowest version of the file format that allows an opset: what the most readers understand. */
export function lowestIr(opset: number): number {
  const row = firstOpsetOfIr.find(([first]) => opset >= first);
  if (row === undefined || !Number.isInteger(opset) || opset < lowestOpset || opset > highestOpset) {
    throw new UserError(`Opset ${opset} can't be written; choose one from ${lowestOpset} to ${highestOpset}.`, {
      exitCode: 2,
    });
  }
  return row[1];
}
