import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { engine } from '../engine/start.ts';
import { percent, visible } from '../shared/characters.ts';
import { messageOf } from '../shared/errors.ts';
import { Message } from '../shared/message.tsx';
import { AttentionMap } from './attention-map.tsx';
import type { AttentionMaps } from './protocol.ts';
import { busy, request, textBefore } from './state.ts';

/** The attention of every layer and head on the way to one character, one of them large. */
export function Attention({ place }: { place: number }) {
  const maps = useSignal<AttentionMaps | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const head = useSignal({ layer: 0, head: 0 });
  const wait = busy.value;
  useEffect(() => {
    if (wait) return undefined;
    let current = true;
    problem.value = undefined;
    engine()
      .attention(request.peek().model, textBefore(place))
      .then(
        (found) => {
          if (current) maps.value = found;
        },
        (error: unknown) => {
          if (current) problem.value = messageOf(error);
        },
      );
    return () => {
      current = false;
    };
  }, [place, wait]);
  if (problem.value !== undefined) return <Message kind="problem">{problem.value}</Message>;
  const found = maps.value;
  if (found === undefined) return <p class="quiet">{wait ? 'It is shown when the text is written.' : 'Computing…'}</p>;
  const { characters, heads, layers } = found;
  const layer = Math.min(head.value.layer, layers.length - 1);
  const chosen = Math.min(head.value.head, heads - 1);
  return (
    <>
      <p class="quiet">
        Each square is a head: row by row, whom a character looks at. The last row is the one that led to this
        character.
      </p>
      <fieldset class="heads" style={{ '--heads': heads }}>
        <legend class="hidden">Layers and heads</legend>
        {layers.map((weights, row) =>
          Array.from({ length: heads }, (_, column) => (
            <button
              type="button"
              key={`${row}.${column}`}
              aria-pressed={row === layer && column === chosen}
              aria-label={`Layer ${row + 1}, head ${column + 1}`}
              onClick={() => {
                head.value = { layer: row, head: column };
              }}
            >
              <AttentionMap weights={weights} head={column} size={characters.length} />
            </button>
          )),
        )}
      </fieldset>
      <h3>
        Layer {layer + 1}, head {chosen + 1}
      </h3>
      <Row characters={characters} weights={layers[layer]} head={chosen} />
    </>
  );
}

interface RowProps {
  readonly characters: readonly string[];
  readonly weights: Float32Array | undefined;
  readonly head: number;
}

/** What the last character of the text looked at, over the text itself. */
function Row({ characters, weights = new Float32Array(0), head }: RowProps) {
  const size = characters.length;
  const start = (head * size + size - 1) * size;
  const row = weights.subarray(start, start + size);
  const most = row.reduce((largest, weight) => Math.max(largest, weight), 0);
  const strongest = [...row.entries()].sort(([, one], [, other]) => other - one).slice(0, 3);
  return (
    <>
      <p class="looked" aria-hidden="true">
        {characters.map((character, index) => (
          <span
            key={index}
            title={`${visible(character)}: ${percent(row[index] ?? 0)}`}
            style={{ '--weight': most === 0 ? 0 : ((row[index] ?? 0) / most).toFixed(3) }}
          >
            {character === '\n' ? '⏎' : character}
          </span>
        ))}
      </p>
      <p class="quiet">
        Most on{' '}
        {strongest.map(([place, weight], index) => (
          <span key={place}>
            {index > 0 && ', '}
            <code>{visible(characters[place] ?? '')}</code> ({size - place} back): {percent(weight)}
          </span>
        ))}
        .
      </p>
    </>
  );
}
