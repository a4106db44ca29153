import { Writer } from 'protobufjs/minimal.js';

/** Byte fields from this size on are not copied until the end. */
const referencedFrom = 4096;

/** Bytes that belong in front of what the writer has at `at`. */
interface Reference {
  at: number;
  readonly bytes: Uint8Array;
}

/**
 * A file in the making. A message's length comes before its content and is known only after it, so that content has to be moved;
 * weights are therefore kept out of the writer until `finish`, and copied once, whatever they are nested in.
 */
export class Output {
  readonly writer: Writer = new Writer();
  readonly #references: Reference[] = [];
  #referenced = 0;

  /** Bytes of the file so far. */
  get length(): number {
    return this.writer.pos + this.#referenced;
  }

  /** Writes bytes after their length. */
  bytes(value: Uint8Array): void {
    if (value.length < referencedFrom) {
      this.writer.bytes(value);
      return;
    }
    this.writer.uint32(value.length);
    this.#references.push({ at: this.writer.pos, bytes: value });
    this.#referenced += value.length;
  }

  /** Writes what `write` writes after its length. */
  nested(write: () => void): void {
    const { writer } = this;
    const start = writer.pos;
    const startLength = this.length;
    const inside = this.#references.length;
    write();
    const end = writer.pos;
    // The length is written behind the content, then the two change places.
    writer.uint32(this.length - startLength);
    const prefix = writer.buf.slice(end, writer.pos);
    writer.buf.copyWithin(start + prefix.length, start, end);
    writer.buf.set(prefix, start);
    for (const reference of this.#references.slice(inside)) reference.at += prefix.length;
  }

  /** The whole file, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    let from = 0;
    let to = 0;
    for (const { at, bytes } of this.#references) {
      whole.set(this.writer.buf.subarray(from, at), to);
      to += at - from;
      whole.set(bytes, to);
      to += bytes.length;
      from = at;
    }
    whole.set(this.writer.buf.subarray(from, this.writer.pos), to);
    return whole;
  }
}
