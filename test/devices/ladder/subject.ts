import { writeOnnx } from '../../../src/export/write-onnx.ts';
import type { Graph } from '../../../src/graph/index.ts';
import type { ConfiguredModel } from '../../../src/model/index.ts';
import type { ProgramName } from '../../../src/programs/index.ts';
import type { Weights } from '../../../src/programs/parameters.ts';
import type { Tolerance } from '../../../src/runtime/devices/tolerance.ts';
import type { Open, Session } from '../../../src/runtime/session.ts';
import { strongWeights, tinyFile, tinyModel } from '../../support/tiny-ladder.ts';

/** Something that must hold for a stage of the ladder on every device. */
export interface Check {
  readonly what: string;
  prove(subject: Subject): Promise<void>;
}

/** A stage of the ladder on a device. A program is opened once, when a check first needs it. */
export class Subject {
  readonly stage: string;
  readonly tolerance: Tolerance;
  /** The stage as it is run: nothing is dropped. */
  readonly model: ConfiguredModel;
  /** Large enough that every part of the model matters. */
  readonly weights: Weights;
  readonly #open: Open;
  readonly #sessions = new Map<string, Promise<Session>>();

  /** @param open opens a file on the device */
  constructor(stage: string, open: Open, tolerance: Tolerance) {
    this.stage = stage;
    this.tolerance = tolerance;
    this.model = tinyModel(stage);
    this.weights = strongWeights(this.model);
    this.#open = open;
  }

  /** One of the stage's programs. */
  program(name: ProgramName): Promise<Session> {
    return this.#once(name, () => tinyFile(name, this.model, { weights: this.weights }));
  }

  /** A graph that is none of the programs. */
  graph(graph: Graph): Promise<Session> {
    return this.#once(graph.name, () => writeOnnx(graph, { weights: this.weights }));
  }

  /** A file of another model than the stage's own. */
  file(name: string, file: Uint8Array): Promise<Session> {
    return this.#once(name, () => file);
  }

  async dispose(): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions.values());
    for (const session of opened) if (session.status === 'fulfilled') await session.value.dispose();
  }

  #once(name: string, makeFile: () => Uint8Array): Promise<Session> {
    const session = this.#sessions.get(name) ?? this.#open(makeFile());
    this.#sessions.set(name, session);
    return session;
  }
}
