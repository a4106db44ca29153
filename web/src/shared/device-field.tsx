import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DeviceChoice } from '../models/model-info.ts';
import { type Environment, findEnvironment } from './environment.ts';

interface DeviceFieldProps {
  readonly id: string;
  readonly value: DeviceChoice;
  readonly disabled?: boolean;
  onChange(device: DeviceChoice): void;
}

const devices: readonly DeviceChoice[] = ['auto', 'webgpu', 'wasm'];

/** Where to compute. What this browser has not got can't be chosen. */
export function DeviceField({ id, value, disabled = false, onChange }: DeviceFieldProps) {
  const environment = useSignal<Environment | undefined>(undefined);
  useEffect(() => {
    void findEnvironment().then((found) => {
      environment.value = found;
    });
  }, []);
  const labels: Readonly<Record<DeviceChoice, string>> = {
    auto: 'The best there is',
    webgpu: `WebGPU${environment.value !== undefined && environment.value.webgpu === undefined ? ' (not here)' : ''}`,
    wasm: 'WebAssembly (CPU)',
  };
  return (
    <div class="field">
      <label for={id}>Device</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          const chosen = devices.find((device) => device === currentTarget.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {devices.map((device) => (
          <option
            key={device}
            value={device}
            disabled={device === 'webgpu' && environment.value !== undefined && environment.value.webgpu === undefined}
          >
            {labels[device]}
          </option>
        ))}
      </select>
    </div>
  );
}
