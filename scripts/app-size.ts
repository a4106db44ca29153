/** Tells what a browser fetches of the app's own code, zipped, beside ONNX Runtime and the model. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zippedSize } from './zipped-size.ts';

const folder = join(import.meta.dirname, '../dist/app/assets');
const code = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name) && !name.startsWith('ort.'));
const bytes = await zippedSize(code.map((name) => join(folder, name)));
console.log(`dist/app: static files for any server; the app's own code, gzipped: ${(bytes / 1000).toFixed(1)} kB`);
