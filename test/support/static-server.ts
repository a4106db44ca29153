import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

/** What makes a page cross-origin isolated, so that WebAssembly may have threads. */
export const isolation: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** A server of a test. */
export interface Server {
  /** Such as `http://localhost:4173`. */
  readonly address: string;
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Sent with every file, beside its content type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes files on their way, by their paths, such as `/index.html`. */
  readonly edits?: Readonly<Record<string, (text: string) => string>>;
  /** Takes what a page posts. */
  readonly receive?: (text: string) => void;
}

/** Serves a folder as any static server does. */
export async function serveFolder(
  folder: string,
  { headers = {}, edits = {}, receive = () => undefined }: ServerOptions = {},
): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      receive(Buffer.concat(await request.toArray()).toString());
      response.end();
      return;
    }
    const asked = join('/', request.url?.split('?')[0] ?? '');
    const path = asked === '/' ? '/index.html' : asked;
    const bytes = await readFile(join(folder, path)).catch(() => undefined);
    const type = contentTypes[extname(path)];
    const edit = edits[path];
    response.writeHead(bytes === undefined ? 404 : 200, {
      ...headers,
      ...(type === undefined ? {} : { 'Content-Type': type }),
    });
    response.end(bytes === undefined || edit === undefined ? bytes : edit(bytes.toString()));
  });
  await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://localhost:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
