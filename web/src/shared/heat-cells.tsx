import { visible } from './characters.ts';
import { shortNumber } from './heat-number.ts';

/** How a value becomes a colour. */
export type Scale = 'linear' | 'log';

interface HeatCellsProps {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly values: ArrayLike<number> | undefined;
  readonly scale: Scale;
  readonly largest: number | undefined;
}

/** The head, and the rows with their cells, of a heat map's table. */
export function HeatCells({ rows, columns, values, scale, largest }: HeatCellsProps) {
  const most = largest ?? largestSize(values);
  return (
    <>
      <thead>
        <tr>
          <td />
          {columns.map((character, column) => (
            <th key={column} scope="col">
              {visible(character)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((character, row) => (
          <tr key={row}>
            <th scope="row">{visible(character)}</th>
            {columns.map((_, column) => {
              const value = values?.[row * columns.length + column];
              return <Cell key={column} value={value} share={shareOf(value, most, scale)} />;
            })}
          </tr>
        ))}
      </tbody>
    </>
  );
}

interface CellProps {
  readonly value: number | undefined;
  readonly share: number;
}

/** There may be thousands of them: each is one element, with as little on it as can be. */
function Cell({ value, share }: CellProps) {
  return (
    <td class={kindOf(value)} style={share > 0 ? `--share: ${share.toFixed(3)}` : undefined}>
      {value === undefined ? '' : shortNumber(value)}
    </td>
  );
}

function kindOf(value: number | undefined): string | undefined {
  if (value === undefined || value >= 0) return undefined;
  return value === Number.NEGATIVE_INFINITY ? 'none' : 'cold';
}

/** What of the full colour a value has, from 0 to 1. */
function shareOf(value: number | undefined, most: number, scale: Scale): number {
  if (value === undefined || most <= 0 || !Number.isFinite(value)) return 0;
  const share = Math.min(1, Math.abs(value) / most);
  return scale === 'linear' ? share : Math.max(0, 1 + Math.log10(share) / decades);
}

/** What a logarithmic scale shows from paper to the full colour: powers of ten. */
const decades = 4;

function largestSize(values: ArrayLike<number> | undefined): number {
  let most = 0;
  for (let index = 0; index < (values?.length ?? 0); index++) {
    const size = Math.abs(values?.[index] ?? 0);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most;
}
