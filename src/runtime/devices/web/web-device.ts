import type { OpenOptions } from '../../session.ts';
import type { Device, Finding } from '../device.ts';

/** The global names of a browser that tell of its devices. */
export interface BrowserGlobals {
  readonly navigator?: unknown;
  readonly isSecureContext?: boolean;
  readonly crossOriginIsolated?: boolean;
}

/** A device of a browser. */
export interface WebDevice extends Device {
  /** Looks whether it is there; a device that does not look is taken to be there. */
  readonly look?: (globals: BrowserGlobals, options: OpenOptions) => Promise<Finding>;
}
