/** `trilu/web`: running models in a browser. */
export type { DeviceReport } from './runtime/device-report.ts';
export type { Absence, Device, DeviceOption, Finding, Provider, RuntimePackage } from './runtime/devices/device.ts';
export type { Tolerance } from './runtime/devices/tolerance.ts';
export type { BrowserGlobals, WebDevice } from './runtime/devices/web/web-device.ts';
export { defineDevice, deviceNamed } from './runtime/devices/web/web-devices.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/runtime-error.ts';
export { devices } from './runtime/web/available.ts';
export { open } from './runtime/web/open.ts';
