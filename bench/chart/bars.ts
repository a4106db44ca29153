import type { KeptResult } from '../all/results.ts';

/** One comparison: trilu's time as a share of another's, for each number of threads. */
export interface BarGroup {
  /** What is compared with. */
  readonly label: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  /** Undefined where it is no matter of threads. */
  readonly threads: number | undefined;
  /**
   * trilu's shortest time by the other's: below 1, trilu is faster. With as many threads as cores a median tells of whatever else
   * ran, most of all of sides that spin while they wait.
   */
  readonly ratio: number;
}

/** The comparisons of one piece of work. */
export interface BarSection {
  readonly title: string;
  /** The work's model, and trilu's own time in words. */
  readonly subtitle: string;
  readonly groups: readonly BarGroup[];
}

/** What is shown, from top to bottom, and with whom trilu is compared there. */
const shown: readonly {
  readonly subject: string;
  readonly model: string;
  readonly title: string;
  readonly sides: readonly string[];
}[] = [
  { subject: 'train', model: 'gpt-nano', title: 'training step', sides: ['torch', 'jax-js', 'tfjs'] },
  { subject: 'train', model: 'gpt', title: 'training step', sides: ['torch'] },
  {
    subject: 'decode',
    model: 'gpt-nano',
    title: 'writing',
    sides: ['torch', 'torch-tuned', 'llama-direct', 'transformers-js'],
  },
  {
    subject: 'decode',
    model: 'gpt',
    title: 'writing',
    sides: ['torch', 'torch-tuned', 'llama-direct', 'transformers-js'],
  },
  { subject: 'prefill', model: 'gpt', title: 'reading a block', sides: ['torch', 'llama-direct'] },
  { subject: 'export', model: 'gpt', title: 'export', sides: ['torch'] },
];

/** How sides are called in the picture, where room is scarce. */
const names: Readonly<Record<string, string>> = {
  torch: 'PyTorch',
  'torch-tuned': 'PyTorch, hand-tuned',
  'llama-direct': 'llama.cpp',
  'transformers-js': 'transformers.js',
  'jax-js': 'jax-js',
  tfjs: 'TensorFlow.js',
};

/** The comparisons of a kept result that the picture shows; those that were not made are left out. */
export function barSections({ reports }: KeptResult): BarSection[] {
  const cases = reports.flatMap((report) => report.cases);
  return shown.flatMap(({ subject, model, title, sides }) => {
    const found = cases
      .filter((one) => one.subject === subject && one.model === model && one.sides.length > 1)
      .sort((left, right) => (left.threads ?? 0) - (right.threads ?? 0));
    const groups = sides.flatMap((name): BarGroup[] => {
      const bars = found.flatMap(({ threads, sides: measured }) =>
        measured.filter(({ side }) => side === name).map(({ ratio }) => ({ threads, ratio: ratio.minimum })),
      );
      return bars.length === 0 ? [] : [{ label: names[name] ?? name, bars }];
    });
    const own = found.map(({ sides: [first] }) => first?.time.minimum ?? Number.NaN);
    const subtitle = `${model}: ${own.map((time) => (time < 100 ? time.toPrecision(3) : time.toFixed(0))).join(' / ')} ms`;
    return groups.length === 0 ? [] : [{ title, subtitle, groups }];
  });
}
