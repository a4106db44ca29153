const encoder = new TextEncoder();

/** Where things stand in the file; all of it is mapped at address 0. */
const header = 64;
const programHeader = 56;
const dynamicEntry = 16;

/** The parts of the format that are needed: program header types, and tags of the dynamic section. */
const load = 1;
const dynamic = 2;
const tags = { end: 0, needed: 1, strings: 5, symbols: 6, stringsSize: 10, symbolSize: 11 } as const;

/**
 * A shared library of Linux on x64 that has nothing in it but the need of another one: loading it fails in the very words with
 * which any library fails whose dependency is missing.
 */
export function libraryNeeding(name: string): Uint8Array {
  const strings = encoder.encode(`\0${name}\0`);
  const table = header + 2 * programHeader;
  const entries = 6;
  const symbols = table + entries * dynamicEntry;
  const stringsAt = symbols + 24;
  const size = stringsAt + strings.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);

  // The header: magic, 64 bits, little-endian, version 1; a shared object for x86-64.
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  word(32, header);
  view.setUint16(52, header, true);
  view.setUint16(54, programHeader, true);
  view.setUint16(56, 2, true);

  const segment = (index: number, type: number, from: number, length: number, alignment: number): void => {
    const at = header + index * programHeader;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, 6, true);
    for (const offset of [8, 16, 24]) word(at + offset, from);
    for (const offset of [32, 40]) word(at + offset, length);
    word(at + 48, alignment);
  };
  segment(0, load, 0, size, 4096);
  segment(1, dynamic, table, entries * dynamicEntry, 8);

  const rows: readonly (readonly [number, number])[] = [
    [tags.needed, 1],
    [tags.strings, stringsAt],
    [tags.symbols, symbols],
    [tags.stringsSize, strings.length],
    [tags.symbolSize, 24],
    [tags.end, 0],
  ];
  for (const [index, [tag, value]] of rows.entries()) {
    word(table + index * dynamicEntry, tag);
    word(table + index * dynamicEntry + 8, value);
  }
  bytes.set(strings, stringsAt);
  return bytes;
}
