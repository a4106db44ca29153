import { UserError } from '../errors.ts';
import { type ByteSource, bytesInMemory } from '../safetensors/byte-source.ts';
import { decodeUtf8 } from '../text/utf8.ts';

/**
 * Gives a file of a folder by its name: its bytes, or where they can be read a part at a time; undefined when there is no such file.
 * It may throw a UserError of its own when a file can't be read.
 */
export type ReadFile = (name: string) => Promise<Uint8Array | ByteSource | undefined>;

/** A folder whose files are read, wherever it is: on a disk, or among a page's downloads. */
export class Folder {
  /** What it is called in messages. */
  readonly name: string;
  readonly #read: ReadFile;

  constructor(name: string, read: ReadFile) {
    this.name = name;
    this.#read = read;
  }

  /** What one of its files is called in messages. */
  place(name: string): string {
    return `${this.name}/${name}`;
  }

  /** A file to be read in parts, and closed; undefined when there is no such file. */
  async open(name: string): Promise<ByteSource | undefined> {
    const file = await this.#read(name);
    return file instanceof Uint8Array ? bytesInMemory(file) : file;
  }

  /** All bytes of a file; undefined when there is no such file. */
  async bytes(name: string): Promise<Uint8Array | undefined> {
    const file = await this.open(name);
    if (file === undefined) return undefined;
    try {
      return await file.read(0, file.size);
    } finally {
      await file.close?.();
    }
  }

  /** A file's text; undefined when there is no such file. @throws UserError when it is empty or not UTF-8 */
  async text(name: string): Promise<string | undefined> {
    const bytes = await this.bytes(name);
    return bytes === undefined ? undefined : decodeUtf8(bytes, this.place(name));
  }

  /** What a JSON file holds; undefined when there is no such file. @throws UserError when it is no JSON */
  async json(name: string): Promise<unknown> {
    const text = await this.text(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new UserError(`${this.place(name)} is damaged: it is no JSON.`, { cause });
    }
  }
}
