import { engine } from '../engine/start.ts';
import type { GraphName } from './protocol.ts';

/** Hands a graph's file to the browser, to be kept. */
export async function saveGraph(name: GraphName): Promise<void> {
  const file = await engine().maskFile(name);
  const address = URL.createObjectURL(new Blob([file.bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  // The browser reads the address after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
