import type { SettingDescription, SettingValue } from '../train/protocol.ts';
import { NumberField } from './number-field.tsx';

interface SettingFieldProps {
  readonly field: SettingDescription;
  readonly value: SettingValue;
  onChange(value: SettingValue): void;
}

/** A setting to be set, which says what it sets where it is pointed at. */
export function SettingField(props: SettingFieldProps) {
  return (
    <div title={props.field.description}>
      <Control {...props} />
    </div>
  );
}

/** A number to type, a choice, a switch, or a text. */
function Control({ field, value, onChange }: SettingFieldProps) {
  const id = `setting-${field.name}`;
  const label = field.label.charAt(0).toUpperCase() + field.label.slice(1);
  switch (field.kind) {
    case 'number':
      return (
        <NumberField
          id={id}
          label={label}
          value={Number(value)}
          min={field.min ?? field.above}
          max={field.max ?? field.below}
          step={field.whole ? 1 : 'any'}
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <div class="field">
          <label for={id}>{label}</label>
          <select id={id} value={`${value}`} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
            {field.choices.map((choice) => (
              <option key={choice} value={choice}>
                {choice}
              </option>
            ))}
          </select>
        </div>
      );
    case 'switch':
      return (
        <div class="field">
          <label for={id}>{label}</label>
          <input
            id={id}
            type="checkbox"
            checked={value === true}
            onChange={({ currentTarget }) => onChange(currentTarget.checked)}
          />
        </div>
      );
    case 'text':
      return (
        <div class="field">
          <label for={id}>{label}</label>
          <input id={id} value={`${value}`} onInput={({ currentTarget }) => onChange(currentTarget.value)} />
        </div>
      );
  }
}
