import { percent, visible } from '../shared/characters.ts';
import { Attention } from './attention.tsx';
import { busy, chosen, info, writeInstead, written } from './state.ts';

/** What the model thought at the chosen character. */
export function Details() {
  const place = chosen.value;
  const character = place === undefined ? undefined : written.value[place];
  if (place === undefined || character === undefined) {
    return written.value.length === 0 ? null : (
      <p class="quiet">Choose a character, with a click or with the arrow keys, to see what else it might have been.</p>
    );
  }
  const { text, probability, alternatives } = character;
  const most = alternatives[0]?.probability ?? 1;
  return (
    <section class="character-details" aria-label="The chosen character">
      <div class="panel">
        <h2>
          <code>{visible(text)}</code> had {percent(probability)}
        </h2>
        <p class="quiet">The likeliest characters at this place. Choose one to write on with it.</p>
        <ol class="alternatives">
          {alternatives.map((alternative) => (
            <li key={alternative.text}>
              <button
                type="button"
                disabled={busy.value}
                aria-label={`${visible(alternative.text)}, ${percent(alternative.probability)}: write on with it`}
                aria-current={alternative.text === text ? 'true' : undefined}
                onClick={() => void writeInstead(place, alternative.text)}
              >
                <code>{visible(alternative.text)}</code>
                <span class="bar" style={{ '--share': alternative.probability / most }} />
                <span class="share">{percent(alternative.probability)}</span>
              </button>
            </li>
          ))}
        </ol>
      </div>
      <div class="panel">
        <h2>Where it looked</h2>
        {info.value?.noAttention === undefined ? (
          <Attention place={place} />
        ) : (
          <p class="quiet">{info.value.noAttention}</p>
        )}
      </div>
    </section>
  );
}
