import { UserError } from '../../../src/index.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeUtf8,
  type FileToWrite,
  runFiles,
  type TrainerRecord,
} from '../../../src/parts.ts';
import { bytesOf, type Folder, folderWith, unpacked } from '../models/files.ts';
import type { NamedFile } from '../models/model-info.ts';
import type { MissingText, SavedRun } from './protocol.ts';
import { keepNewRun } from './saved-runs.ts';
import { embeddedName, type ReadText, readText } from './texts.ts';

/** Takes a run directory, as it is or in a zip, and the text if it is among the files. */
export async function takeRun(given: readonly NamedFile[]): Promise<SavedRun | MissingText> {
  const files = await unpacked(given);
  const folder = folderWith(runFiles.state, files);
  const state = folder?.files.get(runFiles.state);
  if (folder === undefined || state === undefined) {
    const [first, second] = given;
    const what =
      first === undefined || second !== undefined ? 'Among these files there is no run' : `${first.path} is no run`;
    throw new UserError(
      `${what}: drop the folder that npx trilu train wrote (with ${runFiles.state} in it), or a zip of it.`,
    );
  }
  const place = `${folder.name}/${runFiles.state}`;
  const checkpoint = await decodeCheckpoint(await bytesOf(state, place), place);
  const { record } = checkpoint;
  const text = record.data.path === undefined ? undefined : await findText(record, files);
  if (record.data.path !== undefined && text === undefined) {
    return { missing: { name: lastPart(record.data.path), characters: record.data.characters } };
  }
  return keep(checkpoint, folder, text);
}

/** The text that a run was trained on: the file with its checksum, whatever it is called. */
async function findText({ data }: TrainerRecord, files: readonly NamedFile[]): Promise<ReadText | undefined> {
  const named = (path: string): boolean => path === lastPart(data.path ?? '') || path === runFiles.text;
  const likely = files
    .filter(({ path }) => /\.(txt|md|text)$/i.test(path) || named(lastPart(path)))
    .sort((one, other) => Number(named(lastPart(other.path))) - Number(named(lastPart(one.path))));
  for (const { path, file } of likely) {
    try {
      const text = await readText({ kind: 'own', name: lastPart(path), text: file });
      if (text.sha256 === data.sha256) return text;
    } catch (error) {
      // What is no text is not the one.
      if (!(error instanceof UserError)) throw error;
    }
  }
  return undefined;
}

async function keep(checkpoint: Checkpoint, folder: Folder, text: ReadText | undefined): Promise<SavedRun> {
  const path = text === undefined ? undefined : runFiles.text;
  const record = { ...checkpoint.record, data: { ...checkpoint.record.data, path } };
  const name = folder.name === 'The files' ? record.model.name : lastPart(folder.name);
  const names = { name, textName: text?.name ?? embeddedName };
  return keepNewRun({ ...checkpoint, record }, names, [
    ['', [...(text === undefined ? [] : [[runFiles.text, text.bytes] as const]), ...(await logsIn(folder))]],
    [runFiles.best, await filesIn(folder, `${runFiles.best}/`)],
  ]);
}

/** The logs of a run, in whole lines. */
async function logsIn({ files }: Folder): Promise<readonly FileToWrite[]> {
  const logs: FileToWrite[] = [];
  for (const name of [runFiles.metrics, runFiles.samples]) {
    const file = files.get(name);
    const bytes = file === undefined ? new Uint8Array() : await bytesOf(file, name);
    // An empty log is as good as none.
    if (bytes.length > 0) logs.push([name, `${decodeUtf8(bytes, name).trimEnd()}\n`]);
  }
  return logs;
}

/** The files of a folder whose names begin so, without that beginning. */
async function filesIn({ files }: Folder, beginning: string): Promise<readonly FileToWrite[]> {
  const found = [...files].filter(([name]) => name.startsWith(beginning));
  return Promise.all(
    found.map(async ([name, file]) => [name.slice(beginning.length), await bytesOf(file, name)] as const),
  );
}

/** The last part of a path, of any system. */
function lastPart(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
