/** A browser's storage for a page, and its locks, in memory: as far as runs are kept in them. */
export class FakeBrowserStorage {
  /** Bytes that may still be written before there is no more room. */
  room = Number.POSITIVE_INFINITY;
  /** Called before each change, with what it is: `remove name`, `write name`. What it throws is what the browser's end would be. */
  onChange: (change: string) => void = () => undefined;
  readonly root: FakeFolder = new FakeFolder(this, '');
  readonly #locks = new Set<string>();

  /** What stands for `navigator`. */
  get navigator(): object {
    return {
      storage: { getDirectory: async () => this.root },
      locks: {
        request: async (name: string, _options: object, act: (lock: object | null) => Promise<unknown>) => {
          if (this.#locks.has(name)) return act(null);
          this.#locks.add(name);
          try {
            return await act({ name });
          } finally {
            this.#locks.delete(name);
          }
        },
      },
    };
  }
}

const missing = (): DOMException => new DOMException('there is no such entry', 'NotFoundError');

export class FakeFolder {
  readonly kind = 'directory';
  readonly name: string;
  readonly entries: Map<string, FakeFolder | FakeFile> = new Map();
  readonly #storage: FakeBrowserStorage;

  constructor(storage: FakeBrowserStorage, name: string) {
    this.#storage = storage;
    this.name = name;
  }

  async getDirectoryHandle(name: string, { create = false } = {}): Promise<FakeFolder> {
    const found = this.entries.get(name) ?? (create ? new FakeFolder(this.#storage, name) : undefined);
    if (!(found instanceof FakeFolder)) throw missing();
    this.entries.set(name, found);
    return found;
  }

  async getFileHandle(name: string, { create = false } = {}): Promise<FakeFile> {
    const found = this.entries.get(name) ?? (create ? new FakeFile(this.#storage, name) : undefined);
    if (!(found instanceof FakeFile)) throw missing();
    this.entries.set(name, found);
    return found;
  }

  async removeEntry(name: string): Promise<void> {
    this.#storage.onChange(`remove ${name}`);
    if (!this.entries.delete(name)) throw missing();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[string, FakeFolder | FakeFile]> {
    yield* this.entries;
  }
}

export class FakeFile {
  readonly kind = 'file';
  readonly name: string;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #storage: FakeBrowserStorage;
  #isOpen = false;

  constructor(storage: FakeBrowserStorage, name: string) {
    this.#storage = storage;
    this.name = name;
  }

  async getFile(): Promise<Blob> {
    return new Blob([this.bytes]);
  }

  async createSyncAccessHandle(): Promise<object> {
    if (this.#isOpen) throw new DOMException('it is open already', 'NoModificationAllowedError');
    this.#isOpen = true;
    return {
      getSize: () => this.bytes.length,
      truncate: (size: number) => {
        this.bytes = this.bytes.slice(0, size);
      },
      write: (bytes: Uint8Array, { at = 0 }: { at?: number } = {}) => {
        this.#storage.onChange(`write ${this.name}`);
        const taken = bytes.subarray(0, this.#storage.room);
        this.#storage.room -= taken.length;
        const longer = new Uint8Array(Math.max(this.bytes.length, at + taken.length));
        longer.set(this.bytes);
        longer.set(taken, at);
        this.bytes = longer;
        return taken.length;
      },
      flush: () => undefined,
      close: () => {
        this.#isOpen = false;
      },
    };
  }
}
