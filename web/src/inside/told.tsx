import type { ComponentChildren } from 'preact';
import { bytesInWords, countInWords, numberInFewDigits, several } from './figures.ts';
import { Histogram } from './histogram.tsx';
import type { NameAndText, OperatorShare, Place, TensorDetails, ValueDetails } from './protocol.ts';
import { goTo } from './state.ts';

/** A part of what is told, left out where there is nothing in it. */
export function Part({ title, count, children }: { title: string; count: number; children: ComponentChildren }) {
  if (count === 0) return null;
  return (
    <section class="part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Names and what they are. */
export function Facts({ facts }: { facts: readonly NameAndText[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(({ text }) => text !== '')
        .map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Values with their types, and where they come from or go. */
export function Values({ values, toward }: { values: readonly ValueDetails[]; toward: 'from' | 'to' }) {
  return (
    <ol class="values">
      {values.map(({ name, type, places, count }, index) => (
        // A node may read a value twice.
        <li key={`${index} ${name}`}>
          {name === '' ? (
            <span class="quiet">left out</span>
          ) : (
            <>
              <code>{name}</code> <span class="type">{type}</span>
              {places.length > 0 && (
                <span class="places">
                  {toward}{' '}
                  {places.map((place) => (
                    <Go key={place.item} {...place} />
                  ))}
                  {count > places.length && ` and ${countInWords(count - places.length)} more`}
                </span>
              )}
            </>
          )}
        </li>
      ))}
    </ol>
  );
}

/** Leads to a box. */
function Go(place: Place) {
  return (
    <button type="button" class="go" onClick={() => void goTo(place)}>
      {place.label}
    </button>
  );
}

/** Operators by how often they occur. */
export function Operators({ operators }: { operators: readonly OperatorShare[] }) {
  const most = Math.max(...operators.map(({ nodes }) => nodes), 1);
  return (
    <ul class="operators">
      {operators.map(({ operator, nodes }) => (
        <li key={operator}>
          <span>{operator}</span>
          <span class="share" aria-hidden="true" style={{ width: `${(nodes / most) * 100}%` }} />
          <span class="number">{countInWords(nodes)}</span>
        </li>
      ))}
    </ul>
  );
}

/** A stored tensor: what it is called, how large it is, and what its numbers are like. */
export function Tensor({ name, type, elements, bytes, content, statistics, notFinite, problem }: TensorDetails) {
  const isSmall = content !== undefined && elements <= 16;
  return (
    <div class="tensor">
      <p>
        <code>{name === '' ? 'value' : name}</code> <span class="type">{type}</span>
        <span class="quiet">
          {' '}
          {several(elements, 'number')}, {bytesInWords(bytes)}
        </span>
      </p>
      {isSmall && <p class="content">{content}</p>}
      {problem !== undefined && <p class="quiet">{problem}</p>}
      {notFinite > 0 && <p class="quiet">{several(notFinite, 'number is', 'numbers are')} infinite or no number.</p>}
      {statistics !== undefined && !isSmall && (
        <>
          <dl class="statistics">
            {(
              [
                ['min', statistics.smallest],
                ['max', statistics.largest],
                ['mean', statistics.mean],
                ['std. dev.', statistics.deviation],
              ] as const
            ).map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{numberInFewDigits(value)}</dd>
              </div>
            ))}
          </dl>
          <Histogram statistics={statistics} />
        </>
      )}
    </div>
  );
}
