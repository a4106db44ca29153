import { charactersOf } from '../shared/characters.ts';
import { HeatGrid } from '../shared/heat-grid.tsx';
import { difference, Size, waitingFor } from './average-steps.tsx';
import { Operators } from './operators.tsx';
import type { Affinities, HeadChoice } from './protocol.ts';
import { affinities, choice, modelProblem, stages, text } from './state.ts';
import { Step } from './step.tsx';

export const affinitiesTitle = 'Affinities take the place of the zeros';

/** A head of a trained model, with the mask and the softmax of the steps before. */
export function AffinitiesStep({ step }: { readonly step: number }) {
  const computed = affinities.value;
  const characters = computed?.characters ?? charactersOf(text.value);
  const size = (name: string) => <Size name={name} rows={characters.length} columns={characters.length} />;
  const shared = { rows: characters, columns: characters, relation: 'looks at', hint: waitingFor(computed) };
  return (
    <Step
      step={step}
      title={affinitiesTitle}
      lesson="In a trained model each character says what it looks for (its query) and what it has to offer (its key). Their product, large where the two fit, takes the place of the zeros. The mask and the softmax are the same graphs as above: only what is fed to them has changed."
    >
      <Heads model={computed?.model} />
      {computed !== undefined && modelProblem.value !== undefined && (
        <p class="quiet">{`Shown for ‘${computed.characters.join('')}’, the last text that the model could read.`}</p>
      )}
      <div class="made">
        <HeatGrid
          {...shared}
          label={size(`scores.${computed?.layer ?? choice.value.layer}`)}
          values={computed?.scores}
        />
        <Operators
          name="affinities"
          title="In the model’s ONNX graph"
          fed="the characters’ vectors"
          graph={computed?.graph}
          save="Save the model’s graph"
        />
      </div>
      <div class="pair">
        <div class="form">
          <Operators name="mask" title="The graph of step 3, fed with the scores" graph={stages.value?.mask} chain />
          <HeatGrid {...shared} label={size('masked')} values={computed?.masked} />
        </div>
        <div class="form">
          <Operators
            name="softmax"
            title="The graph of step 4, fed with the scores"
            graph={stages.value?.softmax}
            chain
          />
          <HeatGrid {...shared} label={size('weights')} values={computed?.weights} largest={1} />
        </div>
      </div>
      {computed !== undefined && <Finding {...computed} />}
    </Step>
  );
}

function Finding({ difference: largest, layer, weights }: Affinities) {
  const back = meanDistance(weights);
  return (
    <p class="finding">
      The model’s own <code>attention.{layer}</code> is equal to these weights: {difference(largest)}.
      {` On average, this head looks ${back.toFixed(1)} characters back.`}
    </p>
  );
}

/** How many places back rows look on average. @param weights T × T, rows sum to 1 */
function meanDistance(weights: Float32Array): number {
  const time = Math.sqrt(weights.length);
  const sum = weights.reduce((total, weight, index) => total + weight * (Math.floor(index / time) - (index % time)), 0);
  return Math.max(0, sum) / time;
}

function Heads({ model }: { readonly model: Affinities['model'] | undefined }) {
  const { layer, head } = choice.value;
  const set = (changed: Partial<HeadChoice>): void => {
    choice.value = { ...choice.value, ...changed };
  };
  return (
    <div class="heads">
      <Choice
        label="Layer"
        count={model?.layers ?? layer + 1}
        chosen={layer}
        choose={(chosen) => set({ layer: chosen })}
      />
      <Choice label="Head" count={model?.heads ?? head + 1} chosen={head} choose={(chosen) => set({ head: chosen })} />
      {model !== undefined && (
        <p class="quiet">{`of ${model.name}. Its queries and keys have ${model.headSize} numbers each.`}</p>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly count: number;
  readonly chosen: number;
  readonly choose: (chosen: number) => void;
}

/** One of so many, counted from 0 as in the file. */
function Choice({ label, count, chosen, choose }: ChoiceProps) {
  const id = `mask-${label.toLowerCase()}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={chosen} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
        {Array.from({ length: count }, (_, number) => (
          <option key={number} value={number}>
            {number}
          </option>
        ))}
      </select>
    </div>
  );
}
