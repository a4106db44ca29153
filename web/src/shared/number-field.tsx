interface RangeFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value as it is shown; the number itself unless told. */
  readonly shown?: string;
  onChange(value: number): void;
}

/** A number on a scale. */
export function RangeField({ id, label, value, min, max, step, shown = `${value}`, onChange }: RangeFieldProps) {
  return (
    <div class="field">
      <label for={id}>
        {label} <output for={id}>{shown}</output>
      </label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </div>
  );
}

interface NumberFieldProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | 'any';
  readonly disabled?: boolean;
  onChange(value: number): void;
}

/** A number that is typed. What is no number leaves the value as it was. */
export function NumberField({ id, label, value, min, max, step = 1, disabled = false, onChange }: NumberFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        onInput={({ currentTarget }) => {
          if (currentTarget.validity.valid && !Number.isNaN(currentTarget.valueAsNumber)) {
            onChange(currentTarget.valueAsNumber);
          }
        }}
      />
    </div>
  );
}
