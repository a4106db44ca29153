import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { debianPath } from './debian.ts';

/** Debian's description of SwiftShader for the Vulkan loader, and the loader. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1';

/** Whether WebGPU in Node can run in software; see `debianPath`. */
export function hasSwiftShader(): boolean {
  return debianPath(driver, 'chromium') !== undefined && debianPath(loader, 'libvulkan1') !== undefined;
}

/**
 * Lets WebGPU in Node run in software, in this process and those that it starts; to be called before ONNX Runtime is loaded,
 * in the main thread, because native code sees the environment as it was set there.
 * @returns whether it can; see `debianPath`
 */
export function useSwiftShader(): boolean {
  if (!hasSwiftShader()) return false;
  process.env.VK_ICD_FILENAMES = driver;
  if (process.env.XDG_RUNTIME_DIR === undefined) {
    // Without one the Vulkan loader complains at each start. One for all processes: nothing is left in it.
    const folder = join(tmpdir(), `trilu-xdg-${userInfo().username}`);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    process.env.XDG_RUNTIME_DIR = folder;
  }
  return true;
}
