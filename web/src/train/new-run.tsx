import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { engine } from '../engine/start.ts';
import type { NamedFile } from '../models/model-info.ts';
import { DeviceField } from '../shared/device-field.tsx';
import { messageOf } from '../shared/errors.ts';
import { FileDrop } from '../shared/file-drop.tsx';
import { Message } from '../shared/message.tsx';
import { NumberField } from '../shared/number-field.tsx';
import { SettingField } from '../shared/setting-field.tsx';
import type { RunSettings, StageChoice, TrainingText } from './protocol.ts';
import { device, isBusy, startRun } from './state.ts';

/** A new run: a text, a stage, its sizes. */
export function NewRun() {
  const stages = useSignal<readonly StageChoice[]>([]);
  const settings = useSignal<RunSettings | undefined>(undefined);
  const source = useSignal<'embedded' | 'own'>('embedded');
  const pasted = useSignal('');
  const file = useSignal<NamedFile | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  useEffect(() => {
    engine('training')
      .stageSettings()
      .then(
        (found) => {
          stages.value = found;
          settings.value = found.find((choice) => choice.settings.model === 'gpt-nano')?.settings;
        },
        (error: unknown) => {
          problem.value = messageOf(error);
        },
      );
  }, []);
  const chosen = stages.value.find((choice) => choice.settings.model === settings.value?.model);
  const text = (): TrainingText => {
    if (source.value === 'embedded') return { kind: 'embedded' };
    if (file.value !== undefined) return { kind: 'own', name: file.value.path, text: file.value.file };
    return { kind: 'own', name: 'Pasted text', text: new Blob([pasted.value]) };
  };
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { value } = settings;
    if (value === undefined) return;
    const given = text();
    const name = `${value.model} on ${given.kind === 'embedded' ? 'Moby-Dick' : given.name.replace(/\.[^.]*$/, '')}`;
    await startRun({ name, text: given, settings: value, device: device.value });
  };
  const change = (part: Partial<RunSettings>): void => {
    if (settings.value !== undefined) settings.value = { ...settings.value, ...part };
  };
  return (
    <form class="panel" onSubmit={(event) => void start(event)}>
      <h2>A new run</h2>
      {problem.value !== undefined && <Message kind="problem">{problem.value}</Message>}
      <fieldset class="choice">
        <legend>Text</legend>
        <label>
          <input
            type="radio"
            name="text"
            checked={source.value === 'embedded'}
            onChange={() => {
              source.value = 'embedded';
            }}
          />
          Moby-Dick, 1.2 million characters
        </label>
        <label>
          <input
            type="radio"
            name="text"
            checked={source.value === 'own'}
            onChange={() => {
              source.value = 'own';
            }}
          />
          A text of your own
        </label>
      </fieldset>
      {source.value === 'own' && (
        <>
          {file.value === undefined ? (
            <div class="field">
              <label for="own-text">Paste it here</label>
              <textarea
                id="own-text"
                rows={5}
                value={pasted.value}
                onInput={({ currentTarget }) => {
                  pasted.value = currentTarget.value;
                }}
              />
            </div>
          ) : (
            <p>
              {file.value.path}, {(file.value.file.size / 1000).toFixed(0)} kB{' '}
              <button
                type="button"
                onClick={() => {
                  file.value = undefined;
                }}
              >
                Another one
              </button>
            </p>
          )}
          <FileDrop
            label="Choose a text file"
            accept=".txt,.md,text/plain"
            onFiles={([first]) => {
              file.value = first;
            }}
          >
            Or drop a text file: UTF-8, of any size that fits into memory.
          </FileDrop>
        </>
      )}
      {settings.value !== undefined && (
        <>
          <div class="field">
            <label for="stage">Stage of the ladder</label>
            <select
              id="stage"
              value={settings.value.model}
              onChange={({ currentTarget }) => {
                settings.value = stages.value.find((choice) => choice.settings.model === currentTarget.value)?.settings;
              }}
            >
              {stages.value.map(({ settings: { model } }) => (
                <option key={model} value={model}>
                  {model}
                </option>
              ))}
            </select>
            <span class="quiet">{chosen?.description}</span>
          </div>
          <div class="fields">
            <NumberField
              id="steps"
              label="Steps"
              value={settings.value.steps}
              min={1}
              onChange={(steps) => change({ steps })}
            />
          </div>
          <details>
            <summary>Sizes and learning rate</summary>
            <Sizes settings={settings.value} fields={chosen?.fields ?? []} change={change} />
          </details>
        </>
      )}
      <DeviceField
        id="train-device"
        value={device.value}
        disabled={isBusy()}
        onChange={(value) => {
          device.value = value;
        }}
      />
      <button type="submit" class="primary" disabled={isBusy() || settings.value === undefined}>
        Start
      </button>
    </form>
  );
}

interface SizesProps {
  readonly settings: RunSettings;
  readonly fields: StageChoice['fields'];
  change(part: Partial<RunSettings>): void;
}

function Sizes({ settings, fields, change }: SizesProps) {
  const { batch, learningRate, seed } = settings;
  return (
    <div class="fields">
      {fields.map((field) => (
        <SettingField
          key={field.name}
          field={field}
          value={settings.settings[field.name] ?? field.default ?? ''}
          onChange={(value) => change({ settings: { ...settings.settings, [field.name]: value } })}
        />
      ))}
      <NumberField id="batch" label="Batch" value={batch} min={1} onChange={(value) => change({ batch: value })} />
      <NumberField
        id="learning-rate"
        label="Learning rate"
        value={learningRate}
        min={0}
        step="any"
        onChange={(value) => change({ learningRate: value })}
      />
      <NumberField id="train-seed" label="Seed" value={seed} min={0} onChange={(value) => change({ seed: value })} />
    </div>
  );
}
