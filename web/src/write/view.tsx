import './write.css';
import { useEffect } from 'preact/hooks';
import { hrefOf, route } from '../route.ts';
import { DeviceField } from '../shared/device-field.tsx';
import { FileDrop } from '../shared/file-drop.tsx';
import { Message } from '../shared/message.tsx';
import { NumberField, RangeField } from '../shared/number-field.tsx';
import { Page } from '../shared/page.tsx';
import { Details } from './details.tsx';
import {
  busy,
  change,
  choices,
  chooseModel,
  info,
  opening,
  problem,
  refreshModels,
  request,
  result,
  stop,
  takeFiles,
  write,
} from './state.ts';
import { WrittenText } from './written-text.tsx';

/** Let a model write, and see what it thought at each character. */
export function WriteView() {
  useEffect(() => {
    void refreshModels(route.value.parameters.get('model') ?? undefined);
  }, []);
  return (
    <Page
      title="Let it write"
      lead="The model gives every character a probability, one is drawn, and it begins again. Colour shows what surprised it; choose a character to see what else it had in mind."
    >
      <div class="beside">
        <form
          class="settings"
          onSubmit={(event) => {
            event.preventDefault();
            void write();
          }}
        >
          <Model />
          <div class="field">
            <label for="prompt">Prompt</label>
            <textarea
              id="prompt"
              rows={3}
              value={request.value.prompt}
              onInput={({ currentTarget }) => change({ prompt: currentTarget.value })}
            />
          </div>
          <Sampling />
          <DeviceField id="write-device" value={request.value.device} onChange={(device) => change({ device })} />
          <div class="buttons">
            {busy.value ? (
              <button type="button" class="primary" onClick={stop}>
                Stop
              </button>
            ) : (
              <button type="submit" class="primary">
                Write
              </button>
            )}
          </div>
        </form>
        <div class="result">
          {problem.value !== undefined && <Message kind="problem">{problem.value}</Message>}
          {opening.value && <p class="quiet">Opening the model…</p>}
          <WrittenText />
          <Speed />
          <Details />
        </div>
      </div>
    </Page>
  );
}

function Model() {
  const { value } = info;
  return (
    <>
      <div class="field">
        <label for="model">Model</label>
        <select
          id="model"
          value={request.value.model}
          onChange={({ currentTarget }) => void chooseModel(currentTarget.value)}
        >
          {choices.value.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {value !== undefined && (
        <p class="quiet">
          {value.stage}: {value.parameters.toLocaleString('en')} parameters, {value.tokens}{' '}
          {value.characters === undefined ? 'tokens' : 'characters'}, block of {value.blockSize}.{' '}
          <a href={hrefOf('inside', { model: value.id })}>Look inside</a>
        </p>
      )}
      <details>
        <summary>Use another model</summary>
        <FileDrop
          label="Choose files"
          accept=".onnx,.zip,.json,.safetensors"
          folder
          onFiles={(files) => void takeFiles(files)}
        >
          Drop an .onnx file that trilu wrote, or a model directory, as a folder or a zip. It stays in this page.
        </FileDrop>
      </details>
    </>
  );
}

function Sampling() {
  const { temperature, topK, topP, seed, count } = request.value;
  const most = info.value?.tokens ?? 100;
  return (
    <>
      <RangeField
        id="temperature"
        label="Temperature"
        value={temperature}
        min={0}
        max={2}
        step={0.05}
        shown={temperature === 0 ? '0: always the likeliest' : temperature.toFixed(2)}
        onChange={(value) => change({ temperature: value })}
      />
      <RangeField
        id="top-k"
        label="Top-k"
        value={Math.min(topK, most)}
        min={0}
        max={most}
        step={1}
        shown={topK === 0 ? 'all characters' : `the ${topK} likeliest`}
        onChange={(value) => change({ topK: value })}
      />
      <RangeField
        id="top-p"
        label="Top-p"
        value={topP}
        min={0.05}
        max={1}
        step={0.05}
        shown={topP === 1 ? 'all' : topP.toFixed(2)}
        onChange={(value) => change({ topP: value })}
      />
      <div class="fields">
        <NumberField
          id="seed"
          label="Seed"
          value={seed}
          min={0}
          max={2 ** 31 - 1}
          onChange={(value) => change({ seed: value })}
        />
        <NumberField
          id="count"
          label="Characters"
          value={count}
          min={1}
          max={5000}
          onChange={(value) => change({ count: value })}
        />
      </div>
    </>
  );
}

function Speed() {
  const { value } = result;
  return (
    <p class="quiet" role="status">
      {value !== undefined && value.characters > 0 && (
        <>
          {value.characters.toLocaleString('en')} characters,{' '}
          {Math.round(value.characters / value.seconds).toLocaleString('en')} a second on {value.device}.{' '}
          {value.notices.join(' ')}
        </>
      )}
    </p>
  );
}
