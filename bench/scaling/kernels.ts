import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { withFolder } from '../common/folder.ts';
import { Training } from '../train/training.ts';
import { writeWorkload } from '../train/workload.ts';
import { stepsPerRun } from './point.ts';
import { productOperations } from './product-operations.ts';
import { modelOf, type Sizes } from './sizes.ts';

/** What one operator's kernels took in a training step. */
export interface KernelCost {
  readonly operator: string;
  readonly milliseconds: number;
  /** Of the time inside kernels, from 0 to 1. */
  readonly share: number;
  /** What they read and wrote, in 10⁹ bytes a second. */
  readonly gigabytesPerSecond: number;
}

/** Where a training step's time goes, by ONNX Runtime's own profile. */
export interface StepKernels {
  readonly sizes: Sizes;
  /** Inside kernels, a step. Profiling itself makes each kernel a little slower. */
  readonly milliseconds: number;
  /** The matrix products. */
  readonly products: {
    readonly milliseconds: number;
    readonly share: number;
    readonly gflops: number;
  };
  /** The other operators, the dearest first. */
  readonly others: readonly KernelCost[];
}

const shapeSchema = v.record(v.string(), v.array(v.number()));
const bytesSchema = v.optional(v.pipe(v.string(), v.transform(Number)), '0');

/** An event of ONNX Runtime's profile; `dur` and `ts` are in microseconds. */
const eventSchema = v.object({
  cat: v.optional(v.string()),
  name: v.optional(v.string(), ''),
  dur: v.optional(v.number(), 0),
  ts: v.optional(v.number(), 0),
  args: v.optional(
    v.object({
      op_name: v.optional(v.string(), ''),
      input_type_shape: v.optional(v.array(shapeSchema), []),
      output_type_shape: v.optional(v.array(shapeSchema), []),
      activation_size: bytesSchema,
      parameter_size: bytesSchema,
      output_size: bytesSchema,
    }),
    {},
  ),
});

/** Operators that only run others: their time is that of their bodies. */
const containers: ReadonlySet<string> = new Set(['Scan', 'Loop', 'If']);

/** Runs to warm up, and one more to be looked at. */
const runs = 4;

/** Trains with ONNX Runtime's profile on. */
export function stepKernels(name: string, sizes: Sizes): Promise<StepKernels> {
  return withFolder(async (folder) => {
    const { batch, threads } = sizes;
    await writeWorkload(folder, { model: name, batch, threads, stepsPerRun }, modelOf(name, sizes));
    const training = await Training.load(folder, {
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    for (let run = 0; run < runs; run++) await training.run(stepsPerRun);
    await training.dispose();
    const file = (await readdir(folder)).find((found) => found.startsWith('profile') && found.endsWith('.json'));
    if (file === undefined) throw new Error('ONNX Runtime wrote no profile');
    return { sizes, ...kernelsIn(JSON.parse(await readFile(join(folder, file), 'utf8')), stepsPerRun) };
  });
}

/** What the last run of a profile spent. @param steps how many steps it made */
export function kernelsIn(profile: unknown, steps: number): Omit<StepKernels, 'sizes'> {
  const events = v.parse(v.array(eventSchema), profile);
  const lastStart = Math.max(...events.filter(({ name }) => name === 'model_run').map(({ ts }) => ts));
  const products = { milliseconds: 0, operations: 0 };
  const others = new Map<string, { milliseconds: number; bytes: number }>();
  for (const { cat, name, dur, ts, args } of events) {
    const operator = args.op_name;
    if (cat !== 'Node' || ts < lastStart || !name.endsWith('_kernel_time') || containers.has(operator)) continue;
    const milliseconds = dur / 1000 / steps;
    const operations = productOperations(operator, shapesOf(args.input_type_shape), shapesOf(args.output_type_shape));
    if (operations !== undefined) {
      products.milliseconds += milliseconds;
      products.operations += operations / steps;
      continue;
    }
    const before = others.get(operator) ?? { milliseconds: 0, bytes: 0 };
    const bytes = args.activation_size + args.parameter_size + args.output_size;
    others.set(operator, {
      milliseconds: before.milliseconds + milliseconds,
      bytes: before.bytes + bytes / steps,
    });
  }
  const total = [...others.values()].reduce((sum, { milliseconds }) => sum + milliseconds, products.milliseconds);
  const costs = [...others].map(([operator, { milliseconds, bytes }]): KernelCost => {
    return { operator, milliseconds, share: milliseconds / total, gigabytesPerSecond: bytes / milliseconds / 1e6 };
  });
  return {
    milliseconds: total,
    products: {
      milliseconds: products.milliseconds,
      share: products.milliseconds / total,
      gflops: products.operations / products.milliseconds / 1e6,
    },
    others: costs.sort((left, right) => right.milliseconds - left.milliseconds),
  };
}

/** ONNX Runtime names each tensor's element type beside its shape. */
function shapesOf(tensors: readonly v.InferOutput<typeof shapeSchema>[]): readonly (readonly number[])[] {
  return tensors.flatMap((tensor) => Object.values(tensor).slice(0, 1));
}
