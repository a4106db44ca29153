import { charactersOf } from '../shared/characters.ts';
import { HeatGrid } from '../shared/heat-grid.tsx';
import { difference, Size, waitingFor } from './average-steps.tsx';
import { Operators } from './operators.tsx';
import type { Mean, StageName } from './protocol.ts';
import { averages, stages, text } from './state.ts';
import { Step } from './step.tsx';

export const formsTitle = 'The same average, by MatMul alone';

/** The two forms of the mean, side by side. */
export function FormsStep({ step }: { readonly step: number }) {
  const mean = averages.value?.mean;
  const characters = averages.value?.characters ?? charactersOf(text.value);
  const letters = mean?.letters ?? [...new Set(characters)];
  const shared = { characters, letters };
  return (
    <Step
      step={step}
      title={formsTitle}
      lesson="Weights are there to be multiplied with values: what each character has to tell. Let it tell which one it is, by a single 1. Then the product says what share of the past each character has had so far. The weights can be made in two ways."
    >
      <HeatGrid
        label={
          <>
            <Size name="values" rows={characters.length} columns={letters.length} />, fed to both
          </>
        }
        rows={characters}
        columns={letters}
        values={mean?.values}
        largest={1}
        hint={waitingFor(mean)}
      />
      <div class="forms">
        <Form {...shared} stage="meanByMatMul" title="The triangle, divided by its row sums" mean={mean?.byMatMul} />
        <Form {...shared} stage="meanBySoftmax" title="Softmax of masked zeros" mean={mean?.bySoftmax} />
      </div>
      {mean !== undefined && (
        <p class="finding">
          {`Both forms are equal: ${difference(mean.difference)}. But only the second one has a place for affinities.`}
        </p>
      )}
    </Step>
  );
}

interface FormProps {
  readonly title: string;
  readonly stage: StageName;
  readonly mean: Mean | undefined;
  readonly characters: readonly string[];
  readonly letters: readonly string[];
}

function Form({ title, stage, mean, characters, letters }: FormProps) {
  return (
    <div class="form">
      <h3>{title}</h3>
      <Operators name={stage} graph={stages.value?.[stage]} chain />
      <HeatGrid
        label={<Size name="weights" rows={characters.length} columns={characters.length} />}
        rows={characters}
        columns={characters}
        values={mean?.weights}
        largest={1}
        relation="looks at"
      />
      <HeatGrid
        label={
          <>
            <Size name="means" rows={characters.length} columns={letters.length} /> = weights × values
          </>
        }
        rows={characters}
        columns={letters}
        values={mean?.means}
        largest={1}
      />
    </div>
  );
}
