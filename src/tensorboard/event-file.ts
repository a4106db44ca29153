import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../storage/atomic-file.ts';
import { fileError } from '../storage/system-error.ts';
import { type Event, encodeEvent, scalarValue, sessionStart, textValue } from './event.ts';
import { encodeRecord } from './records.ts';

export interface EventFileOptions {
  /** The steps that were made before this session. */
  readonly firstStep: number;
  /** The time in milliseconds since 1970; the system's clock unless told. */
  readonly now?: () => number;
}

/** Event files of this process: two in one second must not have one name. */
let opened = 0;

/**
 * An event file of a run, one a session, as TensorBoard reads it (`tensorboard --logdir RUN`). It is there to be looked at while it
 * grows: each record is written at once.
 */
export class EventFileWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #now: () => number;
  #time = 0;

  private constructor(path: string, file: FileHandle, now: () => number) {
    this.path = path;
    this.#file = file;
    this.#now = now;
  }

  /**
   * Begins a file in a folder, made if it is not there.
   * @throws UserError when the system refuses
   */
  static async open(directory: string, { firstStep, now = Date.now }: EventFileOptions): Promise<EventFileWriter> {
    await makeDirectory(directory);
    opened += 1;
    const seconds = `${Math.floor(now() / 1000)}`.padStart(10, '0');
    const path = join(directory, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${opened}`);
    const file = await open(path, 'ax').catch((error: unknown) => {
      throw fileError(error, 'write', path);
    });
    const writer = new EventFileWriter(path, file, now);
    await writer.#write({ fileVersion: 'brain.Event:2' });
    // What was reported of these steps by a session that was killed will be reported again.
    if (firstStep > 0) await writer.#write({ step: firstStep + 1, sessionLog: { status: sessionStart } });
    return writer;
  }

  /** Adds numbers under tags. @throws UserError when the system refuses */
  async scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const value = Object.entries(values).map(([tag, number]) => scalarValue(tag, number));
    await this.#write({ step, summary: { value } });
  }

  /** Adds a text under a tag. @throws UserError when the system refuses */
  async text(step: number, tag: string, text: string): Promise<void> {
    await this.#write({ step, summary: { value: [textValue(tag, text)] } });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** A record that does not fit on the disk is taken back: what follows half a record can't be read. */
  async #write(event: Omit<Event, 'wallTime'>): Promise<void> {
    this.#time = Math.max(this.#time, this.#now() / 1000); // a clock that is set back must not set events back
    const record = encodeRecord(encodeEvent({ ...event, wallTime: this.#time }));
    try {
      const { size } = await this.#file.stat();
      try {
        await this.#file.appendFile(record);
      } catch (error) {
        await this.#file.truncate(size).catch(() => undefined); // the first error is the one to tell
        throw error;
      }
    } catch (error) {
      throw fileError(error, 'write', this.path);
    }
  }
}
