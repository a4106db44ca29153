/**
 * Serves this folder at http://localhost:8080, or at another port: `npm start 3000`.
 * Any static server will do; the two headers allow WebAssembly to use threads.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const server = createServer(({ url }, response) => {
  const path = join('/', (url ?? '').split('?')[0]); // from the root, so that `..` can't leave the folder
  const file = join(import.meta.dirname, path === '/' ? 'index.html' : path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  });
  createReadStream(file).pipe(response);
});
server.listen(Number(process.argv[2] ?? 8080), 'localhost', () => {
  console.log(`http://localhost:${server.address().port}`);
});
