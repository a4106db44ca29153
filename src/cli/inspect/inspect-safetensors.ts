import { arrays, elementCount, type SafetensorsType } from '../../safetensors/header.ts';
import { openSafetensors } from '../../safetensors/open-safetensors.ts';
import { openByteFile } from '../../storage/byte-file.ts';
import { formatBytes, formatCount } from '../format.ts';
import { factLines, storedTable, tensorTable } from './format-inspection.ts';
import { printable } from './printable.ts';
import type { TensorRow } from './tensor-rows.ts';
import { tensorStatistics } from './tensor-statistics.ts';

/** What `inspect` shows of a .safetensors file. */
export interface SafetensorsReport {
  readonly file: string;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly TensorRow[];
}

/** trilu's names of the element types of safetensors. */
const typeNames: { readonly [Type in SafetensorsType]: string } = {
  U64: 'uint64',
  I64: 'int64',
  F64: 'float64',
  F32: 'float32',
  U32: 'uint32',
  I32: 'int32',
  BF16: 'bfloat16',
  F16: 'float16',
  U16: 'uint16',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/**
 * Reads a .safetensors file's header.
 * @param parameters whether to read the tensors too, for statistics of their numbers
 * @throws UserError when it can't be read, is cut short or damaged
 */
export async function inspectSafetensors(path: string, parameters: boolean): Promise<SafetensorsReport> {
  const file = await openByteFile(path, 'the weights');
  try {
    const { entries, metadata, read } = await openSafetensors(file, path);
    const tensors: TensorRow[] = [];
    for (const entry of entries.values()) {
      const { name, shape, begin, end } = entry;
      const type = typeNames[entry.type];
      const elements = elementCount(shape) ?? (end - begin) / arrays[entry.type].BYTES_PER_ELEMENT;
      const row: TensorRow = { name, scope: '', type, shape, elements, bytes: end - begin, role: 'parameter' };
      const statistics = parameters ? tensorStatistics(type, (await read(entry)).data, elements) : undefined;
      tensors.push({ ...row, ...(statistics === undefined ? {} : { statistics }) });
    }
    return { file: path, bytes: file.size, metadata, tensors };
  } finally {
    await file.close();
  }
}

/** The report as text. */
export function formatSafetensors({ file, bytes, metadata, tensors }: SafetensorsReport, parameters: boolean): string {
  const sections = [
    [printable(`${file}: ${tensorsLine(tensors)}, ${formatBytes(bytes)}`), ...factLines(Object.entries(metadata))].join(
      '\n',
    ),
    storedTable(tensors),
    parameters ? tensorTable(tensors) : '',
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** `28 tensors of 10,754,304 numbers` */
export function tensorsLine(tensors: readonly TensorRow[]): string {
  const elements = tensors.reduce((sum, tensor) => sum + tensor.elements, 0);
  return `${formatCount(tensors.length)} ${tensors.length === 1 ? 'tensor' : 'tensors'} of ${formatCount(elements)} numbers`;
}
