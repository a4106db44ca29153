import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { modelFiles } from '../model-directory/model-directory.ts';
import type { ByteSource } from '../safetensors/byte-source.ts';
import { openSafetensors } from '../safetensors/open-safetensors.ts';
import type { SafetensorsType } from '../safetensors/safetensors.ts';
import { floatTypes, toFloat32 } from '../safetensors/to-float32.ts';
import { repeatedKey } from '../text/json-keys.ts';
import type { Folder } from './folder.ts';

/** A tensor of a model's weights, not read yet. */
export interface StoredTensor {
  /** As the file has it. */
  readonly name: string;
  readonly type: SafetensorsType;
  readonly shape: readonly number[];
  /** The file that it is in, for messages. */
  readonly source: string;
  /** Its numbers, rounded to float32. @throws UserError when one of them is not finite, or its type holds no fractions */
  load(): Promise<Float32Array>;
}

/** The weights of a model in a folder, of which only the headers have been read. They must be closed. */
export interface StoredWeights {
  /** The file that lists them, for messages. */
  readonly source: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/** The file that lists the parts of weights that are in several. */
export const weightIndex = 'model.safetensors.index.json';

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) });

/**
 * Opens the weights of a folder: model.safetensors, or the parts that model.safetensors.index.json lists.
 * @throws UserError when there are none, a file is damaged, or the parts and the list don't say the same.
 */
export async function openWeights(folder: Folder): Promise<StoredWeights> {
  const opened: ByteSource[] = [];
  const close = async (): Promise<void> => {
    for (const file of opened.splice(0)) await file.close?.();
  };
  const open = async (name: string, file: ByteSource): Promise<StoredTensor[]> => {
    opened.push(file);
    return storedTensors(file, folder.place(name));
  };
  try {
    const whole = await folder.open(modelFiles.weights);
    if (whole !== undefined) {
      const tensors = await open(modelFiles.weights, whole);
      return { source: folder.place(modelFiles.weights), tensors: byName(tensors), close };
    }
    const files = await partsOf(folder);
    const tensors: StoredTensor[] = [];
    for (const [name, listed] of files) {
      const part = await folder.open(name);
      if (part === undefined) {
        throw new UserError(
          `${folder.place(weightIndex)} lists ${name}, but there is no such file: download it again.`,
        );
      }
      const held = await open(name, part);
      refuseOthers(folder, name, listed, held);
      tensors.push(...held);
    }
    return { source: folder.place(weightIndex), tensors: byName(tensors), close };
  } catch (error) {
    await close().catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

function byName(tensors: readonly StoredTensor[]): ReadonlyMap<string, StoredTensor> {
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

async function storedTensors(file: ByteSource, source: string): Promise<StoredTensor[]> {
  const reader = await openSafetensors(file, source);
  return [...reader.entries.values()].map((entry) => {
    const { name, type, shape } = entry;
    const load = async (): Promise<Float32Array> => {
      const numbers = toFloat32(await reader.read(entry));
      if (numbers === undefined) {
        throw new UserError(`${source}: ${name} is of the type ${type}; weights are ${floatTypes.join(', ')}.`);
      }
      const wrong = numbers.findIndex((number) => !Number.isFinite(number));
      if (wrong === -1) return numbers;
      throw new UserError(`${source} is broken: number ${wrong} of ${name} is ${numbers[wrong]} in float32.`);
    };
    return { name, type, shape, source, load };
  });
}

/** The names of the tensors in each part, as the list says. */
async function partsOf(folder: Folder): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const place = folder.place(weightIndex);
  const text = await folder.text(weightIndex);
  if (text === undefined) {
    throw new UserError(
      `${folder.name} has no weights: neither ${modelFiles.weights} nor ${weightIndex} is there; weights in another form, such as pytorch_model.bin, have to be saved as safetensors first.`,
    );
  }
  const json = await folder.json(weightIndex);
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new UserError(`${place} is damaged: it has '${twice}' twice.`);
  const parsed = v.safeParse(indexSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`${place} is damaged: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`);
  }
  const files = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(parsed.output.weight_map)) {
    if (!/^[^/\\]+\.safetensors$/.test(file)) {
      throw new UserError(`${place} says that ${tensor} is in '${file}', which is no safetensors file of this folder.`);
    }
    files.set(file, (files.get(file) ?? new Set()).add(tensor));
  }
  return files;
}

function refuseOthers(folder: Folder, file: string, listed: ReadonlySet<string>, held: readonly StoredTensor[]): void {
  const surplus = held.find(({ name }) => !listed.has(name));
  if (surplus !== undefined) {
    throw new UserError(`${folder.place(file)} holds ${surplus.name}, but ${weightIndex} does not list it there.`);
  }
  const names = new Set(held.map(({ name }) => name));
  const missing = [...listed].find((name) => !names.has(name));
  if (missing !== undefined) {
    throw new UserError(`${folder.place(file)} lacks ${missing}, which ${weightIndex} lists there.`);
  }
}
