/** What a file is to hold: text (as UTF-8), bytes, or parts one after another. */
export type FileContent = string | Uint8Array | readonly Uint8Array[];

/** A file to be written: its name within a folder, and what it is to hold. */
export type FileToWrite = readonly [name: string, content: FileContent];

/**
 * Where the files of a run are: a folder of a disk, or of what a browser keeps. A name has slashes between folders: `best/config.json`.
 * One writer holds it at a time; anybody may read.
 */
export interface FileStore {
  /** What to call a file in a message. */
  place(name: string): string;
  /** The names of the files in a folder, '' being the whole; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /**
   * A file, whole.
   * @param what what it is, for the error: `the training state`
   * @throws UserError when it is not there or can't be read
   */
  read(name: string, what: string): Promise<Uint8Array>;
  /**
   * Replaces files of a folder, made if it is not there: all of them are written beside the old ones first, so that no room left changes
   * nothing, then each takes its name, in the order given. Whatever happens, each is the old one or the new one, whole.
   * @param between what else has to be done once all are written and before the first takes its name
   * @throws UserError when there is no room, or the system refuses
   */
  write(folder: string, files: readonly FileToWrite[], between?: () => Promise<void>): Promise<void>;
  /** Adds a line to a file, made if it is not there. @throws UserError as `write` */
  append(name: string, line: string): Promise<void>;
  /** Gives a file's content a second name, whose folder is made if it is not there. @throws UserError as `write` */
  copy(from: string, to: string): Promise<void>;
  /** Removes a file. @throws UserError when the system refuses */
  remove(name: string): Promise<void>;
}

/** The folder and the name of a file. */
export function partsOf(name: string): readonly [folder: string, file: string] {
  const slash = name.lastIndexOf('/');
  return [name.slice(0, Math.max(slash, 0)), name.slice(slash + 1)];
}
