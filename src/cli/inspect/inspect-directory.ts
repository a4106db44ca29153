import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { isTemporaryName, readFileChecked } from '../../storage/atomic-file.ts';
import { openByteFile } from '../../storage/byte-file.ts';
import { fileError } from '../../storage/system-error.ts';
import { formatBytes } from '../format.ts';
import { table } from './format-inspection.ts';
import { inspectSafetensors, tensorsLine } from './inspect-safetensors.ts';
import { configurationLine, isRecord } from './inspected-program.ts';
import { printable } from './printable.ts';

/** What `inspect` shows of a model or run directory. */
export interface DirectoryReport {
  readonly directory: string;
  readonly files: readonly DirectoryFile[];
  readonly problems: readonly string[];
}

/** One of its files. */
export interface DirectoryFile {
  /** Relative to the directory. */
  readonly file: string;
  readonly bytes: number;
  /** What it is; empty where that is unknown. */
  readonly description: string;
}

/** The folders with files of a model: the directory itself, and that of its exported programs. */
const folders = ['', 'onnx'];

/**
 * Lists what a directory holds, and what each file is.
 * @throws UserError when it can't be read, or holds no model: no config.json, no weights and no .onnx file
 */
export async function inspectDirectory(directory: string): Promise<DirectoryReport> {
  const names = (await Promise.all(folders.map((folder) => filesOf(directory, folder)))).flat();
  if (!names.some((name) => /(^|[\\/])config\.json$|\.(onnx|safetensors)$/.test(name))) {
    throw new UserError(`${directory} holds no model: no config.json, no .safetensors and no .onnx file is in it.`);
  }
  const problems: string[] = [];
  const files: DirectoryFile[] = [];
  for (const file of names) {
    const path = join(directory, file);
    const opened = await openByteFile(path, 'the file');
    await opened.close();
    files.push({ file, bytes: opened.size, description: await describe(path, problems) });
  }
  return { directory, files, problems };
}

/** The report as text. */
export function formatDirectory({ directory, files, problems }: DirectoryReport): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const sections = [
    printable(`${directory}: ${files.length} files, ${formatBytes(bytes)}`),
    table(
      ['file', 'size', 'what it is'],
      files.map((file) => [file.file, formatBytes(file.bytes), file.description]),
    ),
    problems.length === 0 ? '' : ['Problems:', ...problems.map((problem) => `  ${printable(problem)}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** The files of a folder in the directory, sorted by name; none where there is no such folder. */
async function filesOf(directory: string, folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(directory, folder), { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && !isTemporaryName(entry.name));
    return files.map(({ name }) => join(folder, name)).sort();
  } catch (error) {
    if (folder !== '') return [];
    throw fileError(error, 'read', directory);
  }
}

/** How each kind of file is described, by its name. */
const describers: readonly (readonly [name: RegExp, describe: (path: string) => Promise<string>])[] = [
  [/\.onnx$/, describeModel],
  [/\.safetensors$/, async (path) => tensorsLine((await inspectSafetensors(path, false)).tensors)],
  [/(^|[\\/])config\.json$/, async (path) => configurationLine(await readRecord(path))],
  [/(^|[\\/])trainer\.json$/, async (path) => `a run at step ${(await readRecord(path)).step}`],
  [/(^|[\\/])tokenizer\.json$/, async () => 'the tokenizer'],
  [/(^|[\\/])metrics\.jsonl$/, async () => 'the losses of a run'],
];

async function describe(path: string, problems: string[]): Promise<string> {
  const describer = describers.find(([name]) => name.test(path));
  try {
    return (await describer?.[1](path)) ?? '';
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(error.message);
    return 'damaged';
  }
}

async function describeModel(path: string): Promise<string> {
  const { metadata, opsets, producerName } = readModelSummary(await readFileChecked(path, 'the model'), path);
  const program = metadata['trilu.program'];
  const what = program === undefined ? 'an ONNX graph' : `the ${program} program`;
  const by = program === undefined && producerName !== '' ? ` written by ${producerName}` : '';
  return `${what}${by}, opset ${opsets[''] ?? '–'}`;
}

async function readRecord(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = new TextDecoder().decode(await readFileChecked(path, 'the file'));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON, or cut short.`, { cause });
  }
  if (!isRecord(json)) throw new UserError(`${path} is not a JSON object.`);
  return json;
}
