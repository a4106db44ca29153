import { UserError } from '../../errors.ts';
import type { OpenOptions } from '../session.ts';
import type { Device } from './device.ts';

/** The devices of a host, Node or a browser, by name: those that trilu brings and those that were added. */
export class DeviceTable<Kind extends Device> {
  /** The device that is always there: what `auto` takes when no better one works. */
  readonly fallback: Kind;
  readonly #own: readonly Kind[];
  readonly #devices = new Map<string, Kind>();

  /** @param own the devices that trilu brings */
  constructor(own: readonly Kind[], fallback: Kind) {
    this.#own = own;
    this.fallback = fallback;
    for (const device of own) this.add(device);
  }

  /** A table with further devices. */
  with(devices: readonly Kind[]): DeviceTable<Kind> {
    const table = new DeviceTable(this.#own, this.fallback);
    for (const device of devices) table.add(device);
    return table;
  }

  /** The devices that trilu does not bring. */
  get added(): readonly Kind[] {
    return [...this.#devices.values()].filter((device) => !this.#own.includes(device));
  }

  /** Adds a device. @throws UserError for a definition that can't be used, or whose name is taken */
  add(device: Kind): Kind {
    checkDefinition(device);
    if (this.#devices.has(device.name)) {
      throw new UserError(`The device "${device.name}" is defined twice: give one of them another name.`);
    }
    this.#devices.set(device.name, device);
    return device;
  }

  /** All devices, in the order in which `auto` tries them; then those that are used only by name. */
  get all(): readonly Kind[] {
    const rankOf = ({ rank = Number.NEGATIVE_INFINITY }: Kind): number => rank;
    return [...this.#devices.values()].sort((one, other) => rankOf(other) - rankOf(one) || 0);
  }

  /** The devices that `auto` may take, in the order in which it tries them. */
  get ranked(): readonly Kind[] {
    return this.all.filter(({ rank }) => rank !== undefined);
  }

  /** What `--device` and `open` take. */
  get choices(): readonly string[] {
    return ['auto', ...this.all.map(({ name }) => name)];
  }

  /** @throws UserError for a name that no device here has */
  named(name: string): Kind {
    const device = this.#devices.get(name);
    if (device !== undefined) return device;
    throw new UserError(`There is no device "${name}" here: choose from ${this.choices.join(', ')}.`);
  }

  /** Checks the options that only one device takes, of all devices. @throws UserError */
  checkOptions(options: OpenOptions): void {
    for (const { checkOptions } of this.#devices.values()) checkOptions?.(options);
  }
}

function checkDefinition({ name, rank, providers, executionProvider }: Device): void {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name) || name === 'auto') {
    throw new UserError(
      `A device needs a name of small letters, digits and hyphens other than "auto"; ${JSON.stringify(name)} is none.`,
    );
  }
  if (rank !== undefined && !Number.isFinite(rank)) {
    throw new UserError(
      `The rank of the device "${name}" must be a number; leave it out to keep the device from auto.`,
    );
  }
  if (typeof providers !== 'function' && !(Array.isArray(providers) && providers.length > 0)) {
    throw new UserError(`The device "${name}" needs \`providers\`: ONNX Runtime's names of them, such as ['cpu'].`);
  }
  if (typeof executionProvider !== 'string') {
    throw new UserError(
      `The device "${name}" needs \`executionProvider\`: the name in ONNX Runtime's log, such as 'CPUExecutionProvider'.`,
    );
  }
}
