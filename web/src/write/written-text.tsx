import type { ComponentChildren } from 'preact';
import { memo } from 'preact/compat';
import { visible } from '../shared/characters.ts';
import type { WrittenCharacter } from './protocol.ts';
import { busy, chosen, pieces, promptOfText, written } from './state.ts';

/** What was written, character by character: the stronger the colour, the less probable the model held it. */
export function WrittenText() {
  const count = written.value.length;
  if (count === 0 && promptOfText.value === '') {
    return <p class="quiet">What the model writes appears here.</p>;
  }
  const move = (event: KeyboardEvent): void => {
    const place = placeAfter(event.key, chosen.value, count);
    if (place === undefined) return;
    event.preventDefault();
    chosen.value = place;
    document.getElementById(idOf(place))?.scrollIntoView({ block: 'nearest' });
  };
  let place = 0;
  return (
    <>
      <div class="written" aria-busy={busy.value}>
        <span class="prompt">{promptOfText.value}</span>
        <div
          role="listbox"
          aria-label="What the model wrote, by characters"
          aria-orientation="horizontal"
          aria-activedescendant={chosen.value === undefined ? undefined : idOf(chosen.value)}
          tabIndex={count === 0 ? undefined : 0}
          onKeyDown={move}
          onClick={({ target }) => {
            const found = target instanceof Element ? target.closest('[data-place]') : null;
            if (found instanceof HTMLElement) chosen.value = Number(found.dataset.place);
          }}
        >
          {pieces.value.map((characters) => {
            const first = place;
            place += characters.length;
            const inside = chosen.value !== undefined && chosen.value >= first && chosen.value < place;
            return (
              <Piece key={first} first={first} characters={characters} chosen={inside ? chosen.value : undefined} />
            );
          })}
        </div>
      </div>
      <Legend>
        sure <span class="scale" aria-hidden="true" /> surprised
      </Legend>
    </>
  );
}

function Legend({ children }: { children: ComponentChildren }) {
  return <p class="surprise-legend quiet">{children}</p>;
}

interface PieceProps {
  /** The place of its first character. */
  readonly first: number;
  readonly characters: readonly WrittenCharacter[];
  readonly chosen: number | undefined;
}

/** Pieces are drawn once: only the newest, and the one with the choice, are drawn again. */
const Piece = memo(({ first, characters, chosen: place }: PieceProps) => (
  <>
    {characters.map(({ text, probability }, index) => (
      <span
        key={first + index}
        id={idOf(first + index)}
        data-place={first + index}
        role="option"
        tabIndex={-1}
        aria-selected={first + index === place}
        aria-label={text.trim() === '' ? visible(text) : undefined}
        class={`surprise-${surprise(probability)}`}
      >
        {text === '\n' ? '\u23ce\n' : text}
      </span>
    ))}
  </>
));

/** Surprise in nats, of which six are much: 0.25 %. A few shades are all that the eye tells apart, and a browser draws them quickly. */
function surprise(probability: number): number {
  return Math.round(Math.min(1, -Math.log(probability) / 6) * 8);
}

function idOf(place: number): string {
  return `character-${place}`;
}

/** Where a key leads to; undefined for a key that leads nowhere. */
function placeAfter(key: string, from: number | undefined, count: number): number | undefined {
  const last = count - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 40, ArrowUp: -40 }[key];
  if (step === undefined) return undefined;
  return from === undefined ? 0 : Math.min(last, Math.max(0, from + step));
}
