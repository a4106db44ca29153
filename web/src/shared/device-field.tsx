import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { engine } from '../engine/start.ts';
import type { DeviceChoice, DeviceReport } from '../models/model-info.ts';

interface DeviceFieldProps {
  readonly id: string;
  readonly value: DeviceChoice;
  readonly disabled?: boolean;
  onChange(device: DeviceChoice): void;
}

/** Where to compute. A device that this browser does not have can't be chosen. */
export function DeviceField({ id, value, disabled = false, onChange }: DeviceFieldProps) {
  const reports = useSignal<readonly DeviceReport[]>([]);
  useEffect(() => {
    // Without an answer, what is chosen already stays.
    engine()
      .devices()
      .then(
        (found) => {
          reports.value = found;
        },
        () => undefined,
      );
  }, []);
  const isListed = value === 'auto' || reports.value.some(({ device }) => device === value);
  return (
    <div class="field">
      <label for={id}>Device</label>
      <select id={id} value={value} disabled={disabled} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="auto">auto: the best there is</option>
        {!isListed && <option value={value}>{value}</option>}
        {reports.value.map(({ device, available, description }) => (
          <option key={device} value={device} disabled={!available}>
            {available ? `${device}: ${description}` : `${device} (not here)`}
          </option>
        ))}
      </select>
    </div>
  );
}
