import type { ComponentChildren } from 'preact';
import { charactersOf } from '../shared/characters.ts';
import { HeatGrid } from '../shared/heat-grid.tsx';
import { readableNumber } from '../shared/heat-number.ts';
import { Operators } from './operators.tsx';
import type { Averages, StageName } from './protocol.ts';
import { averages, modelProblem, problem, stages, text } from './state.ts';
import { Step } from './step.tsx';

interface AverageStep {
  readonly title: string;
  readonly lesson: ComponentChildren;
  readonly stage: StageName;
  /** The step before, whose nodes are not new any more. */
  readonly after?: StageName;
  /** What the graph is fed. */
  readonly fed: string;
  readonly label: string;
  readonly values: (averages: Averages) => Float32Array;
  /** What can be read off the numbers. */
  readonly finding?: (averages: Averages) => string;
}

/** The first four steps: an average of the past, from nothing. */
export const averageSteps: readonly AverageStep[] = [
  {
    title: 'Nobody looks at anybody yet',
    lesson:
      'A row for each character that looks, a column for each that it may look at. The number where they meet says how much the one cares for the other. Nothing is known yet, so all are 0.',
    stage: 'zeros',
    fed: 'the text’s characters',
    label: 'zeros',
    values: ({ zeros }) => zeros,
  },
  {
    title: 'Trilu keeps the past',
    lesson:
      'A character is guessed from those before it, so none may look ahead. Of a matrix of ones, Trilu keeps the lower triangle: in each row, the character itself and its past.',
    stage: 'triangle',
    fed: 'the zeros: for their size',
    label: 'triangle',
    values: ({ triangle }) => triangle,
  },
  {
    title: 'Where sets the future to −∞',
    lesson:
      'Where the triangle is 0 lies the future, and there the zeros become −∞. The past stays as it was. That is the whole mask.',
    stage: 'mask',
    fed: 'the zeros',
    after: 'triangle',
    label: 'masked',
    values: ({ masked }) => masked,
  },
  {
    title: 'Softmax averages the past',
    lesson: (
      <>
        Softmax turns a row into shares: e<sup>0</sup> = 1 for what may be seen, e<sup>−∞</sup> = 0 for the future,
        divided by their sum. So each row is a plain average of its past.
      </>
    ),
    stage: 'softmax',
    fed: 'the zeros',
    after: 'mask',
    label: 'weights',
    values: ({ weights }) => weights,
    finding: ({ distanceFromOne }) =>
      distanceFromOne === 0
        ? 'Each row sums to 1.'
        : `Each row sums to 1, give or take ${readableNumber(distanceFromOne)}.`,
  },
];

export function AverageSteps() {
  const computed = averages.value;
  const characters = computed?.characters ?? charactersOf(text.value);
  return (
    <>
      {averageSteps.map(({ title, lesson, stage, after, fed, label, values, finding }, step) => (
        <Step key={stage} step={step} title={title} lesson={lesson}>
          <div class="made">
            <div class="matrix">
              <HeatGrid
                label={<Size name={label} rows={characters.length} columns={characters.length} />}
                rows={characters}
                columns={characters}
                values={computed && values(computed)}
                largest={1}
                relation="looks at"
                hint={
                  waitingFor(computed) ?? (step === 0 ? 'Point at a cell, or walk with the arrow keys.' : undefined)
                }
              />
              {computed !== undefined && finding !== undefined && <p class="finding">{finding(computed)}</p>}
            </div>
            <Operators name={stage} fed={fed} graph={stages.value?.[stage]} after={after && stages.value?.[after]} />
          </div>
        </Step>
      ))}
    </>
  );
}

/** The name of a matrix, as the graph has it, and its size. */
export function Size({
  name,
  rows,
  columns,
}: {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}) {
  return (
    <>
      <code>{name}</code> {rows} × {columns}
    </>
  );
}

/** What a matrix waits for that is not computed: ONNX Runtime, whose WebAssembly is fetched once. */
export function waitingFor(computed: unknown): string | undefined {
  const failed = problem.value ?? modelProblem.value;
  return computed === undefined && failed === undefined ? 'Loading the runtime…' : undefined;
}

/** What to say of the largest difference between two matrices. */
export function difference(largest: number): string {
  return largest === 0
    ? 'there is no difference, to the last bit'
    : `the largest difference is ${readableNumber(largest)}`;
}
