import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { pythonWithOnnx } from './debian.ts';
import { type Document, outputsOf, repository, sourceOf, type Unit } from './documents.ts';
import { startChromium, visit } from './example-page.ts';
import { isolation, type Server, serveFolder } from './static-server.ts';

/** What a reader would have installed. */
const packages = ['@types/node', 'onnxruntime-common', 'onnxruntime-node', 'onnxruntime-web'];

/** How a page finds packages without a bundler, as docs/web.md tells. */
const importMap = {
  imports: {
    trilu: '/node_modules/trilu/dist/browser/index.js',
    'trilu/graph': '/node_modules/trilu/dist/browser/graph.js',
    'trilu/onnx': '/node_modules/trilu/dist/browser/onnx.js',
    'trilu/parts': '/node_modules/trilu/dist/browser/parts.js',
    'trilu/models': '/node_modules/trilu/dist/browser/models.js',
    'trilu/web': '/node_modules/trilu/dist/browser/web.js',
    'onnxruntime-web/wasm': '/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
    'onnxruntime-web/webgpu': '/node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs',
  },
};

/** `npx trilu` is what was built here. */
const shellPrelude = `set -e -o pipefail
npx() { [ "$1" = trilu ] && shift && node '${join(repository, 'dist/src/cli/main.js')}' "$@"; }
`;

const python = pythonWithOnnx();

/** A project of its own with the code of documents, where they run as a reader would run them. Must be removed. */
export class DocumentRunner {
  readonly #folder = mkdtempSync(join(tmpdir(), 'trilu-docs-'));
  #browser: Promise<Browser | undefined> | undefined;
  #server: Promise<Server> | undefined;

  constructor(documents: readonly Document[]) {
    for (const name of packages) this.#install(name, join(repository, 'node_modules', name));
    this.#install('trilu', repository);
    this.#write('package.json', JSON.stringify({ type: 'module' }));
    const compilerOptions = {
      noEmit: false,
      // What the options of the repository need for imports of its own files.
      allowImportingTsExtensions: false,
      rewriteRelativeImportExtensions: false,
    };
    this.#write(
      'tsconfig.json',
      JSON.stringify({ extends: join(repository, 'tsconfig.json'), compilerOptions, include: ['*/*.ts'] }),
    );
    for (const { name, units } of documents) {
      mkdirSync(join(this.#folder, name));
      const head = `<!doctype html><title>${name}</title><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify(importMap)}</script>`;
      this.#write(`${name}/index.html`, head);
      for (const unit of units) this.#write(`${name}/${unit.file}`, sourceOf(unit));
    }
  }

  /** Checks the types of everything in TypeScript, at once, and compiles it. @returns what the compiler finds wrong, one a line */
  async compile(): Promise<readonly string[]> {
    const { said } = await this.#command(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc')], '');
    return said.split('\n').filter((line) => line !== '');
  }

  /** Why a unit can't run here; undefined where it can. */
  absence({ kind }: Unit): string | undefined {
    if (kind === 'python' && python === undefined) return 'python3-onnx is missing';
    return undefined;
  }

  /**
   * Runs a unit to its end.
   * @returns what each of its blocks has printed
   * @throws Error with all that was printed where it fails
   */
  async run({ name }: Pick<Document, 'name'>, unit: Unit): Promise<readonly string[]> {
    return outputsOf(unit, await this.#printed(name, unit));
  }

  async remove(): Promise<void> {
    await (await this.#browser)?.close();
    await (await this.#server)?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #printed(name: string, { kind, file }: Unit): Promise<string> {
    const compiled = file.replace(/\.ts$/, '.js');
    if (kind === 'page') return this.#visit(name, compiled);
    if (kind === 'python') return this.#output(python ?? 'python3', [file], name);
    if (kind === 'shell') return this.#output('bash', ['-c', `${shellPrelude}source ${file}`], name);
    return this.#output(process.execPath, [compiled], name);
  }

  async #output(command: string, words: readonly string[], folder: string): Promise<string> {
    const { code, said, complained } = await this.#command(command, words, folder);
    if (code !== 0) throw new Error(`${words.at(-1)} ended with ${code}:\n${complained}\n${said}`);
    return said;
  }

  #command(
    command: string,
    words: readonly string[],
    folder: string,
  ): Promise<{ readonly code: number | string; readonly said: string; readonly complained: string }> {
    return new Promise((settle) => {
      execFile(command, words, { cwd: join(this.#folder, folder) }, (error, said, complained) => {
        settle({ code: error === null ? 0 : (error.code ?? 'a signal'), said, complained });
      });
    });
  }

  /** Runs a module in a page, beside the document's other files. */
  async #visit(name: string, file: string): Promise<string> {
    this.#browser ??= startChromium();
    this.#server ??= serveFolder(this.#folder, { headers: isolation });
    const { address } = await this.#server;
    const { result, complaints } = await visit(await this.#browser, `${address}/${name}/index.html`, (page) =>
      page.evaluate<string>(`(async () => {
        const lines = [];
        console.log = (...values) => lines.push(values.join(' '));
        await import('./${file}');
        return lines.join('\\n');
      })()`),
    );
    if (complaints.length > 0) throw new Error(`${file}: ${complaints.join('\n')}`);
    return result;
  }

  #install(name: string, from: string): void {
    const place = join(this.#folder, 'node_modules', name);
    mkdirSync(join(place, '..'), { recursive: true });
    symlinkSync(from, place, 'junction');
  }

  #write(file: string, content: string): void {
    writeFileSync(join(this.#folder, file), content);
  }
}
