import './heat-grid.css';
import { type ReadonlySignal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { visible } from './characters.ts';
import { HeatCells, type Scale } from './heat-cells.tsx';
import { readableNumber, widestNumber } from './heat-number.ts';
import { useInTurn } from './in-turn.ts';

interface HeatGridProps {
  /** What the matrix is called. */
  readonly label: ComponentChildren;
  /** A character (or a word) for each row and each column. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row-major; undefined while they are not computed: the frame is shown. */
  readonly values?: ArrayLike<number> | undefined;
  /** `log` shows small shares too: four powers of ten from paper to the full colour. */
  readonly scale?: Scale;
  /** The size that has the full colour; the largest finite one unless told. */
  readonly largest?: number | undefined;
  /** What a row does to a column: `looks at`. */
  readonly relation?: string | undefined;
  /** What stands beneath while no cell is pointed at. */
  readonly hint?: string | undefined;
}

/** A table whose cells take the focus is a grid: its rows and cells follow from that. */
const gridRole = { role: 'grid', 'aria-readonly': 'true' } as const;

interface Place {
  readonly row: number;
  readonly column: number;
}

/** A matrix as a heat map: a table whose cells are read by pointing at them, or with the arrow keys. */
export function HeatGrid({ label, relation, hint, scale = 'linear', ...given }: HeatGridProps) {
  const { rows, columns, values, largest } = given;
  const matrix = useMemo(
    () => ({ rows, columns, values, largest, scale, room: widestNumber(values) }),
    [rows, columns, values, largest, scale],
  );
  // Many grids may change at once.
  const shown = useInTurn(matrix);
  const cells = useMemo(() => shown !== undefined && <HeatCells {...shown} />, [shown]);
  return <Grid {...(shown ?? matrix)} {...{ label, relation, hint, cells }} />;
}

interface GridProps extends Omit<HeatGridProps, 'scale' | 'largest'> {
  readonly room: number;
  readonly cells: ComponentChildren;
}

function Grid({ label, rows, columns, values, relation, hint, room, cells }: GridProps) {
  const id = useId();
  const table = useRef<HTMLTableElement>(null);
  const active = useRef<Place>({ row: 0, column: 0 });
  const pointed = useSignal<Place | undefined>(undefined);
  const focused = useSignal<Place | undefined>(undefined);

  /** One cell can have the focus. Which one is no matter of rendering: there may be thousands. */
  const makeActive = ({ row, column }: Place): HTMLElement | undefined => {
    const place = { row: Math.min(row, rows.length - 1), column: Math.min(column, columns.length - 1) };
    const cell = table.current?.tBodies[0]?.rows[place.row]?.cells[place.column + 1];
    if (cell === undefined) return undefined;
    for (const before of table.current?.querySelectorAll('[tabindex]') ?? []) before.removeAttribute('tabindex');
    cell.tabIndex = 0;
    active.current = place;
    return cell;
  };
  useLayoutEffect(() => {
    makeActive(active.current);
  });

  return (
    <figure class="heat">
      <figcaption id={id}>{label}</figcaption>
      <div class="scroll" style={`--rows: ${rows.length}; --columns: ${columns.length}; --room: ${room}`}>
        <table
          ref={table}
          {...gridRole}
          aria-labelledby={id}
          aria-busy={values === undefined}
          onKeyDown={(event) => {
            const at = placeOf(event.target);
            const next = at && placeAfter(event, at, { row: rows.length - 1, column: columns.length - 1 });
            if (next === undefined) return;
            event.preventDefault();
            makeActive(next)?.focus();
          }}
          onPointerDown={(event) => {
            const at = placeOf(event.target);
            if (at !== undefined) makeActive(at);
          }}
          onFocusIn={(event) => {
            focused.value = placeOf(event.target);
          }}
          onFocusOut={() => {
            focused.value = undefined;
          }}
          onPointerOver={(event) => {
            pointed.value = placeOf(event.target);
          }}
          onPointerLeave={() => {
            pointed.value = undefined;
          }}
        >
          {cells}
        </table>
      </div>
      <Readout {...{ pointed, focused, rows, columns, values, relation, hint }} />
    </figure>
  );
}

interface ReadoutProps extends Pick<HeatGridProps, 'rows' | 'columns' | 'values' | 'relation' | 'hint'> {
  readonly pointed: ReadonlySignal<Place | undefined>;
  readonly focused: ReadonlySignal<Place | undefined>;
}

/** The cell that is pointed at, or that has the focus, as a sentence. */
function Readout({ pointed, focused, rows, columns, values, relation, hint }: ReadoutProps) {
  const place = pointed.value ?? focused.value;
  const value = place && values?.[place.row * columns.length + place.column];
  const { row = 0, column = 0 } = place ?? {};
  return (
    <p class="readout" aria-live="polite">
      {value === undefined ? (
        hint
      ) : (
        <>
          row {row + 1} ‘{visible(rows[row] ?? '')}’{relation === undefined ? ',' : ` ${relation}`} column {column + 1}{' '}
          ‘{visible(columns[column] ?? '')}’: <strong>{readableNumber(value)}</strong>
        </>
      )}
    </p>
  );
}

/** The place of the cell that an event happened in: row and column of the matrix, whose table has a head on both sides. */
function placeOf(target: EventTarget | null): Place | undefined {
  if (!(target instanceof HTMLTableCellElement) || target.matches('th, thead *')) return undefined;
  const row = target.parentElement;
  return row instanceof HTMLTableRowElement ? { row: row.rowIndex - 1, column: target.cellIndex - 1 } : undefined;
}

/** Where a key leads to; undefined for a key that leads nowhere. */
function placeAfter({ key, ctrlKey }: KeyboardEvent, { row, column }: Place, last: Place): Place | undefined {
  switch (key) {
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), column };
    case 'ArrowDown':
      return { row: Math.min(last.row, row + 1), column };
    case 'ArrowLeft':
      return { row, column: Math.max(0, column - 1) };
    case 'ArrowRight':
      return { row, column: Math.min(last.column, column + 1) };
    case 'Home':
      return { row: ctrlKey ? 0 : row, column: 0 };
    case 'End':
      return { row: ctrlKey ? last.row : row, column: last.column };
    default:
      return undefined;
  }
}
