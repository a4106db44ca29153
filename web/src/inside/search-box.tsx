import { useSignal, useSignalEffect } from '@preact/signals';
import { engine } from '../engine/start.ts';
import { several } from './figures.ts';
import type { Found, SearchResult } from './protocol.ts';
import { goTo, openedGraph } from './state.ts';

/** Milliseconds after the last key until it is searched. */
const pause = 120;

const kinds: Readonly<Record<Found['what'], string>> = {
  operator: 'operator',
  node: 'node',
  value: 'value',
  weight: 'weight',
  scope: 'scope',
};

/** Finds operators, names, values and weights; choosing one leads to it. */
export function SearchBox() {
  const query = useSignal('');
  const result = useSignal<SearchResult | undefined>(undefined);
  // The list covers a part of the picture: it goes when something was chosen.
  const isListed = useSignal(true);
  useSignalEffect(() => {
    const text = query.value.trim();
    const { key } = openedGraph.value ?? {};
    if (text === '' || key === undefined) {
      result.value = undefined;
      return undefined;
    }
    let isLate = false;
    const timer = setTimeout(() => {
      engine()
        .findInGraph(key, text)
        .then(
          (found) => {
            if (!isLate) result.value = found;
          },
          () => undefined, // the file is another one by now
        );
    }, pause);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  });
  return (
    <search class="find">
      <div class="field">
        <label for="inside-find">Find an operator, node, value or weight</label>
        <input
          id="inside-find"
          type="search"
          autocomplete="off"
          spellcheck={false}
          placeholder="Softmax, c_attn, …"
          value={query}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            isListed.value = true;
          }}
          onFocus={() => {
            isListed.value = true;
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') isListed.value = false;
            else isListed.value = true;
          }}
        />
      </div>
      {isListed.value && (
        <Results
          result={result.value}
          onChoose={(one) => {
            isListed.value = false;
            void goTo(one);
          }}
        />
      )}
    </search>
  );
}

function Results({ result, onChoose }: { result: SearchResult | undefined; onChoose: (one: Found) => void }) {
  if (result === undefined) return null;
  const { found, count } = result;
  return (
    <div class="found panel">
      <p class="quiet" role="status">
        {count === 0
          ? 'Nothing found.'
          : `${several(count, 'result')}${count > found.length ? `, the best ${found.length} shown` : ''}`}
      </p>
      <ul>
        {found.map((one) => (
          <li key={`${one.what} ${one.item} ${one.label}`}>
            <button type="button" onClick={() => onChoose(one)}>
              <span>{one.label}</span>
              <span class="quiet">
                {kinds[one.what]}
                {one.where === '' ? '' : ` · ${one.where}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
