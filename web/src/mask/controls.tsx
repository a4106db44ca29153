import { charactersOf } from '../shared/characters.ts';
import { DeviceField } from '../shared/device-field.tsx';
import { Message } from '../shared/message.tsx';
import { waitingFor } from './average-steps.tsx';
import { current, goTo, pause, play, playing } from './player.ts';
import { averages, device, modelProblem, mostCharacters, problem, takeText, text } from './state.ts';

/** The text, and the way through the steps. */
export function Controls({ titles }: { readonly titles: readonly string[] }) {
  return (
    <div class="controls">
      <div class="field">
        <label for="mask-text">
          A short text <span>{`${charactersOf(text.value).length} of ${mostCharacters}`}</span>
        </label>
        <input
          id="mask-text"
          class="mono"
          value={text.value}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            const taken = takeText(currentTarget.value);
            if (taken !== currentTarget.value) currentTarget.value = taken;
          }}
        />
      </div>
      {text.value === '' && <Message kind="note">Type a character or more: each becomes a row and a column.</Message>}
      {[...new Set([problem.value, modelProblem.value])].map(
        (sentence) =>
          sentence !== undefined && (
            <Message key={sentence} kind="problem">
              {sentence}
            </Message>
          ),
      )}
      <p class="hidden" role="status">
        {waitingFor(averages.value)}
      </p>
      <nav aria-label="Steps" class="way">
        <ol>
          {titles.map((title, step) => (
            <li key={title}>
              <button
                type="button"
                aria-current={current.value === step ? 'step' : undefined}
                onClick={() => goTo(step)}
              >
                <span class="number">{step + 1}</span> <span class="title">{title}</span>
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div class="player" data-playing={playing.value}>
        <button type="button" onClick={() => (playing.value ? pause() : play(titles.length))}>
          {playing.value ? 'Pause' : 'Play the steps'}
        </button>
      </div>
      <DeviceField
        id="mask-device"
        value={device.value}
        onChange={(chosen) => {
          device.value = chosen;
        }}
      />
    </div>
  );
}
