import type { DeviceName } from '../../../src/index.ts';

export type { DeviceReport } from '../../../src/web.ts';

/** A device as the user chooses it: `auto`, or the name of one. */
export type DeviceChoice = DeviceName;

/** A file that was dropped or chosen, with its place in its folder: `gpt-nano/config.json`. */
export interface NamedFile {
  readonly path: string;
  readonly file: Blob;
}

/** What the page shows of a model that can be chosen. */
export interface ModelChoice {
  readonly id: string;
  readonly name: string;
  /** `shipped` with the app, `dropped` onto the page, or trained here: a `run`. */
  readonly origin: 'shipped' | 'dropped' | 'run';
}

/** What the page shows of a model that was opened. */
export interface ModelInfo extends ModelChoice {
  /** The rung of the ladder: `gpt-nano`. */
  readonly stage: string;
  readonly parameters: number;
  readonly blockSize: number;
  /** How many tokens it knows. */
  readonly tokens: number;
  /** Which they are, where each is one character. */
  readonly characters?: readonly string[];
  /** Why its attention can't be shown; undefined where it can. */
  readonly noAttention?: string;
}
