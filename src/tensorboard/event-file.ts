import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../storage/atomic-file.ts';
import { fileError } from '../storage/system-error.ts';
import { type Event, encodeEvent, scalarValue, sessionStart, textValue } from './event.ts';
import { encodeRecord } from './records.ts';

export interface EventFileOptions {
  /** How many steps had been made, and are kept, when this session begins; 0 for a new run. */
  readonly firstStep: number;
  /** The time in milliseconds since 1970; the system's clock unless told. */
  readonly now?: () => number;
}

const EVENT_FILE_NAME = /^events\.out\.tfevents\.(\d{10})\./;

/** Event files of this process. */
let opened = 0;

/**
 * An event file of a run, one a session, as TensorBoard reads it (`tensorboard --logdir RUN`). It is there to be looked at while it
 * grows: each record is handed to the system at once. Writes that overlap are made one after another.
 */
export class EventFileWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #now: () => number;
  /** Seconds since 1970 of the last event. */
  #time = 0;
  /** Bytes of whole records. */
  #size = 0;
  /** Settles, never with an error, when all that was asked for has been written or has failed. */
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, now: () => number) {
    this.path = path;
    this.#file = file;
    this.#now = now;
  }

  /**
   * Begins a file in a folder, which is made if it is not there. When that fails, no file is left.
   * @throws UserError when the system refuses
   */
  static async open(directory: string, { firstStep, now = Date.now }: EventFileOptions): Promise<EventFileWriter> {
    await makeDirectory(directory);
    opened += 1;
    const seconds = await secondsAfterOthers(directory, Math.floor(now() / 1000));
    const name = `events.out.tfevents.${`${seconds}`.padStart(10, '0')}.${hostname()}.${process.pid}.${opened}`;
    const path = join(directory, name);
    const file = await open(path, 'ax').catch((error: unknown) => {
      throw fileError(error, 'write', path);
    });
    const writer = new EventFileWriter(path, file, now);
    try {
      await writer.#write({ fileVersion: 'brain.Event:2' });
      // A reader forgets the steps from this one on: a session that was killed has told of them, and they are made again. The first
      // start of a run counts for nothing, only those after it do, so new runs must have one too.
      await writer.#write({ step: firstStep + 1, sessionLog: { status: sessionStart } });
    } catch (error) {
      await file.close().catch(() => undefined); // the first error is the one to tell
      await rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    return writer;
  }

  /**
   * Adds numbers under tags, such as `loss/training`. They are kept in 32 bits; NaN and the infinities stay what they are.
   * @throws UserError when the system refuses; the file then is as before
   */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(values).map(([tag, number]) => scalarValue(tag, number));
    return this.#write({ step, summary: { value } });
  }

  /**
   * Adds a text under a tag.
   * @throws UserError when the system refuses; the file then is as before
   */
  text(step: number, tag: string, text: string): Promise<void> {
    return this.#write({ step, summary: { value: [textValue(tag, text)] } });
  }

  /** Ends the file, after what is being written. */
  async close(): Promise<void> {
    await this.#written;
    await this.#file.close();
  }

  #write(event: Omit<Event, 'wallTime'>): Promise<void> {
    const writing = this.#written.then(() => this.#append(event));
    this.#written = writing.catch(() => undefined); // whoever asked for it is told
    return writing;
  }

  /** A record that does not fit on the disk is taken back: what follows half a record can't be read. */
  async #append(event: Omit<Event, 'wallTime'>): Promise<void> {
    this.#time = Math.max(this.#time, this.#now() / 1000); // a clock that is set back must not set events back
    const record = encodeRecord(encodeEvent({ ...event, wallTime: this.#time }));
    try {
      // What could not be taken back when it failed is taken back now.
      if ((await this.#file.stat()).size > this.#size) await this.#file.truncate(this.#size);
      try {
        await this.#file.appendFile(record);
      } catch (error) {
        await this.#file.truncate(this.#size).catch(() => undefined); // the first error is the one to tell
        throw error;
      }
    } catch (error) {
      throw fileError(error, 'write', this.path);
    }
    this.#size += record.length;
  }
}

/**
 * The time for a new file's name. TensorBoard reads the files of a run by the order of their names, and takes steps that come in the
 * wrong order for ones made again; so a session that begins in the same second as the last one, or after the clock was set back, is
 * given a later second.
 */
async function secondsAfterOthers(directory: string, seconds: number): Promise<number> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw fileError(error, 'read', directory);
  });
  const others = names.map((name) => Number(EVENT_FILE_NAME.exec(name)?.[1] ?? -1));
  return others.reduce((latest, other) => Math.max(latest, other + 1), seconds);
}
