import { readFileSync } from 'node:fs';
import type { Column } from './document.ts';

/** The version of an installed package, such as `onnxruntime-node 1.30.0`. */
function installed(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return `${name} ${version}`;
}

/** The columns of the tables, the one that the others are compared with first. @param onnxVersion of Debian's package, such as `1.12.0` */
export function columnsOf(onnxVersion: string): readonly Column[] {
  const runtime = installed('onnxruntime-node');
  return [
    { name: 'onnxruntime-node cpu', version: runtime, tried: 'runs, beside the default form of the same program' },
    { name: 'onnxruntime-node webgpu', version: runtime, tried: 'runs on a GPU played in software (SwiftShader)' },
    { name: 'onnxruntime-web wasm', version: installed('onnxruntime-web'), tried: 'runs in Node' },
    {
      name: 'transformers.js',
      version: installed('@huggingface/transformers'),
      tried: "`pipeline('text-generation')` on the folder writes the likeliest characters",
    },
    {
      name: 'onnx checker',
      version: `onnx ${onnxVersion} of Debian`,
      tried: '`check_model` with `full_check`',
    },
    {
      name: 'jax-js',
      version: `${installed('@jax-js/onnx')}, ${installed('@jax-js/jax')}`,
      tried: 'runs in Node, wasm',
    },
    {
      name: 'Netron',
      version: 'its conventions',
      tried: 'names in scopes, weights by their names, types of the values outside of loops, words on what the file is',
    },
  ];
}
