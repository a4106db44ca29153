import { Queue } from './queue.ts';
import type { CallName, Calls, Reply, Request } from './remote-protocol.ts';
import { deserializeError, messageOf, RuntimeError, serializeError } from './runtime-error.ts';
import type { DeviceName } from './session.ts';

/** The way to a worker. */
export interface Channel {
  post(request: Request, transfer: readonly ArrayBuffer[]): void;
  /** `reply` is called with every reply; `end` once, when the worker has ended, with the reason if it was no wish of ours. */
  listen(reply: (reply: Reply) => void, end: (reason: unknown) => void): void;
  /** Whether a call waits for its answer: only then may the worker keep the process alive. */
  hold(waiting: boolean): void;
  /** Frees every session of the worker and ends it; resolves when it has ended. */
  close(): Promise<void>;
}

interface Waiting {
  readonly session: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The place of one session in a worker, from this side. */
export interface Place {
  /** Calls the session; the promise is settled by the reply with the call's number, or by the end of session or worker. */
  call<Name extends CallName>(
    name: Name,
    ask: Calls[Name]['ask'],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Calls[Name]['answer']>;
  /** Tells the session's device, which it shares the fate of. @throws RuntimeError when the worker has lost that device */
  opened(device: DeviceName): void;
  /** Rejects what waits and what is called from now on, and frees the session; the last to leave ends the worker. */
  leave(): Promise<void>;
}

interface Seat {
  device?: DeviceName;
  /** Why calls are refused. */
  refusal?: RuntimeError;
  leaving?: Promise<void>;
}

/** A worker from outside: it holds sessions from the first that joins to the last that leaves. */
export class RemoteWorker {
  readonly #channel: Channel;
  readonly #seats = new Map<number, Seat>();
  readonly #waiting = new Map<number, Waiting>();
  #sessions = 0;
  #calls = 0;
  #ended: RuntimeError | undefined;
  /** The devices that were lost; `undefined` is one that was lost before its name was known. */
  readonly #lost = new Set<DeviceName | undefined>();
  #closing: Promise<void> | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.listen(
      (reply) => this.#settle(reply),
      (reason) => this.#end(reason),
    );
  }

  /** Whether a new session may join: not in a worker that ends, has ended or has lost its device. */
  get takesSessions(): boolean {
    return this.#ended === undefined && this.#closing === undefined && this.#lost.size === 0;
  }

  /** Resolves when a worker whose last session has left has ended; undefined while it holds one. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  /** A place for one more session. */
  join(): Place {
    const number = this.#sessions;
    this.#sessions += 1;
    const seat: Seat = {};
    this.#seats.set(number, seat);
    return {
      call: (name, ask, transfer = []) => {
        const refusal = seat.refusal ?? this.#ended;
        return refusal === undefined ? this.#ask(number, name, ask, transfer) : Promise.reject(refusal);
      },
      opened: (device) => {
        if (this.#lost.has(device)) throw deviceLost(device);
        seat.device = device;
      },
      leave: () => this.#leave(number, seat, new RuntimeError('disposed', 'The session has been disposed.')),
    };
  }

  #ask<Name extends CallName>(
    session: number,
    name: Name,
    ask: Calls[Name]['ask'],
    transfer: readonly ArrayBuffer[],
  ): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      const id = this.#calls;
      this.#calls += 1;
      // The worker answers a call by the same table of types (`Calls`) that this side asked by.
      this.#waiting.set(id, { session, resolve: (answer) => resolve(answer as Calls[Name]['answer']), reject });
      this.#channel.hold(true);
      try {
        this.#channel.post({ id, session, name, ask } as Request, transfer);
      } catch (error) {
        this.#settle({ id, session, error: serializeError(error) });
      }
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) {
      waiting?.reject(deserializeError(reply.error));
      if (reply.error.kind === 'device-lost') this.#loseDevice(reply.session);
    } else waiting?.resolve(reply.answer);
    if (this.#waiting.size === 0) this.#channel.hold(false);
  }

  /** A lost device does not come back in this worker: its other sessions there are lost too, and new ones start elsewhere. */
  #loseDevice(session: number): void {
    const device = this.#seats.get(session)?.device;
    this.#lost.add(device);
    if (device === undefined) return;
    for (const [number, seat] of this.#seats) {
      if (seat.device === device) this.#leave(number, seat, deviceLost(device)).catch(() => undefined);
    }
  }

  #leave(number: number, seat: Seat, refusal: RuntimeError): Promise<void> {
    if (seat.leaving === undefined) {
      seat.refusal = refusal;
      this.#reject(refusal, number);
      seat.leaving = this.#free(number);
    }
    return seat.leaving;
  }

  async #free(session: number): Promise<void> {
    this.#seats.delete(session);
    if (this.#seats.size === 0) {
      // Those that left before and wait to be freed are free as well then.
      this.#closing ??= this.#channel
        .close()
        .then(() => this.#end(new RuntimeError('disposed', 'The worker has ended.')));
      return this.#closing;
    }
    if (this.#ended !== undefined) return;
    await this.#ask(session, 'dispose', undefined, []).catch((error: unknown) => {
      // With the worker, all that it held is gone.
      if (this.#ended === undefined) throw error;
    });
  }

  #end(reason: unknown): void {
    this.#ended ??=
      reason instanceof RuntimeError
        ? reason
        : new RuntimeError('worker', `The worker ended unexpectedly: ${messageOf(reason)}.`);
    this.#reject(this.#ended);
  }

  /** Rejects the calls that wait: those of one session, or all. */
  #reject(error: RuntimeError, session?: number): void {
    for (const [id, waiting] of this.#waiting) {
      if (session !== undefined && waiting.session !== session) continue;
      this.#waiting.delete(id);
      waiting.reject(error);
    }
    if (this.#waiting.size === 0) this.#channel.hold(false);
  }
}

function deviceLost(device: DeviceName): RuntimeError {
  return new RuntimeError(
    'device-lost',
    `The device ${device} was lost, and the session with it: open the model anew.`,
  );
}

/**
 * One worker for many sessions: it starts with the first, ends with the last, and starts anew for the next one.
 * @param start starts the worker, when an earlier one that holds no session any more has ended
 * @returns what gives a session its place
 */
export function shareWorker<Settings extends unknown[]>(
  start: (...settings: Settings) => Channel,
): (...settings: Settings) => Promise<Place> {
  const queue = new Queue();
  let worker: RemoteWorker | undefined;
  return (...settings) =>
    queue.add(async () => {
      if (worker?.closing !== undefined) {
        await worker.closing;
        worker = undefined;
      }
      if (worker?.takesSessions !== true) worker = new RemoteWorker(start(...settings));
      return worker.join();
    });
}
