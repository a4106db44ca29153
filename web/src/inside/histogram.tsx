import { countInWords, numberInFewDigits } from './figures.ts';
import type { Statistics } from './protocol.ts';

const width = 240;
const height = 64;

/** How a tensor's numbers are spread; as a picture, and as text for whoever can't see it. */
export function Histogram({ statistics }: { statistics: Statistics }) {
  const { smallest, largest, bars } = statistics;
  const most = Math.max(...bars, 1);
  const all = bars.reduce((sum, bar) => sum + bar, 0);
  const step = width / bars.length;
  const from = (bar: number): number => smallest + ((largest - smallest) * bar) / bars.length;
  const range = (bar: number): string => `${numberInFewDigits(from(bar))} to ${numberInFewDigits(from(bar + 1))}`;
  const tallest = bars.indexOf(most);
  const label = `Histogram of ${countInWords(all)} numbers in ${bars.length} bars; the tallest, ${range(Math.max(0, tallest))}, has ${countInWords(most)}.`;
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
        {smallest < 0 && largest > 0 && (
          <line
            class="zero"
            x1={(-smallest / (largest - smallest)) * width}
            x2={(-smallest / (largest - smallest)) * width}
            y1="0"
            y2={height}
          />
        )}
        {bars.map((bar, index) => {
          // What is there at all is to be seen.
          const tall = bar === 0 ? 0 : Math.max(1, (bar / most) * (height - 2));
          return (
            <rect
              class="bar"
              key={from(index)}
              x={index * step + 0.4}
              y={height - tall}
              width={Math.max(0.5, step - 0.8)}
              height={tall}
            >
              <title>{`${range(index)}: ${countInWords(bar)}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>{numberInFewDigits(smallest)}</span>
        <span>{numberInFewDigits(largest)}</span>
      </figcaption>
      <details>
        <summary>The bars as numbers</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">from</th>
              <th scope="col">to</th>
              <th scope="col">numbers</th>
            </tr>
          </thead>
          <tbody>
            {bars.map((bar, index) => (
              <tr key={from(index)}>
                <td>{numberInFewDigits(from(index))}</td>
                <td>{numberInFewDigits(from(index + 1))}</td>
                <td>{countInWords(bar)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
