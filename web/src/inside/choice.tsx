import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { engine } from '../engine/start.ts';
import type { ModelChoice, NamedFile } from '../models/model-info.ts';
import { hrefOf } from '../route.ts';
import { messageOf } from '../shared/errors.ts';
import { programs, programUses } from '../shared/programs.ts';
import type { GraphSource } from './protocol.ts';
import { isBusy, lookAt, openedGraph, problem, source } from './state.ts';

type ProgramName = Extract<GraphSource, { kind: 'program' }>['program'];

const stagePrefix = 'stage:';
const fileValue = 'file';

/** The name of a program, if it is one. */
export function programNamed(name: string | null): ProgramName | undefined {
  return programs.find((program) => program === name);
}

/** Chooses what to look at: a program of a model, or a file. */
export function Choice() {
  const models = useSignal<readonly ModelChoice[]>([]);
  const stages = useSignal<readonly string[]>([]);
  useEffect(() => {
    Promise.all([engine().models(), engine().graphStages()]).then(
      ([known, names]) => {
        models.value = known;
        stages.value = names;
      },
      (error: unknown) => {
        problem.value = messageOf(error);
      },
    );
  }, []);
  const now = source.value;
  const isFile = now?.kind === 'files';
  const model = now?.kind === 'program' ? now.model : isFile ? fileValue : '';
  const program = now?.kind === 'program' ? now.program : 'forward';
  const choose = (wanted: { model: string; program: ProgramName }): void => {
    history.replaceState(null, '', hrefOf('inside', wanted));
    void lookAt({ kind: 'program', ...wanted });
  };
  return (
    <div class="choice">
      <div class="field">
        <label for="inside-model">Model</label>
        <select
          id="inside-model"
          value={model}
          onChange={({ currentTarget: { value } }) => {
            if (value !== fileValue) choose({ model: value, program });
          }}
        >
          {isFile && <option value={fileValue}>{openedGraph.value?.fileName}</option>}
          <optgroup label="Trained">
            {models.value.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </optgroup>
          <optgroup label="Untrained, from the ladder">
            {stages.value.map((stage) => (
              <option key={stage} value={`${stagePrefix}${stage}`}>
                {stage}
              </option>
            ))}
          </optgroup>
        </select>
      </div>
      <div class="field">
        <label for="inside-program">Program</label>
        <select
          id="inside-program"
          value={program}
          disabled={isFile}
          onChange={({ currentTarget: { value } }) => {
            const wanted = programNamed(value);
            if (wanted !== undefined && model !== fileValue) choose({ model, program: wanted });
          }}
        >
          {programs.map((name) => (
            <option key={name} value={name}>
              {`${name}: ${programUses[name]}`}
            </option>
          ))}
        </select>
      </div>
      <Files />
      <p class="quiet busy" role="status">
        {isBusy.value ? 'Opening…' : ''}
      </p>
    </div>
  );
}

/** Takes an .onnx file of any tool. */
function Files() {
  const isOver = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (list: FileList | null | undefined): void => {
    const files = [...(list ?? [])].map((file): NamedFile => ({ path: file.name, file }));
    if (files.length === 0) return;
    history.replaceState(null, '', hrefOf('inside'));
    void lookAt({ kind: 'files', files });
  };
  return (
    <fieldset
      class={`drop${isOver.value ? ' over' : ''}`}
      aria-label="A file"
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => {
        isOver.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      <input
        ref={input}
        type="file"
        class="hidden"
        multiple
        tabIndex={-1}
        aria-label="Choose an .onnx file"
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          currentTarget.value = '';
        }}
      />
      <button type="button" onClick={() => input.current?.click()}>
        Open an .onnx file
      </button>
      <span>of any tool, or drop it here</span>
    </fieldset>
  );
}
