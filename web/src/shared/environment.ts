/** What this browser lends to the page, as a reader wants to be told of it. */
export interface Environment {
  /** What the GPU is called; undefined where WebGPU is not to be had. */
  readonly webgpu: string | undefined;
  readonly threads: number;
  /** Whether a reload would give the page its threads, now that the service worker is there to send the headers. */
  readonly canReload: boolean;
}

/** At most so many threads: beyond them a small model's steps get slower. */
const mostThreads = 8;

/** How many threads WebAssembly gets in this page. */
export function threadCount(): number {
  return globalThis.crossOriginIsolated ? Math.min(mostThreads, navigator.hardwareConcurrency || 1) : 1;
}

let found: Promise<Environment> | undefined;

/** Asks the browser, once, without waking ONNX Runtime. */
export function findEnvironment(): Promise<Environment> {
  found ??= askBrowser();
  return found;
}

async function askBrowser(): Promise<Environment> {
  const cores = navigator.hardwareConcurrency || 1;
  const served = 'serviceWorker' in navigator ? await activeServiceWorker() : false;
  return {
    webgpu: await gpuName(),
    threads: threadCount(),
    canReload: !globalThis.crossOriginIsolated && cores > 1 && served,
  };
}

async function activeServiceWorker(): Promise<boolean> {
  const registration = await navigator.serviceWorker.getRegistration().catch(() => undefined);
  return registration?.active != null;
}

/** The little of WebGPU that is asked here. */
interface GpuNavigator {
  readonly gpu?: {
    requestAdapter(): Promise<{
      readonly info?: {
        readonly vendor?: string;
        readonly architecture?: string;
        readonly isFallbackAdapter?: boolean;
      };
    } | null>;
  };
}

async function gpuName(): Promise<string | undefined> {
  const { gpu } = navigator as GpuNavigator;
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (adapter == null) return undefined;
  const { vendor = '', architecture = '', isFallbackAdapter = false } = adapter.info ?? {};
  const name = [vendor, architecture].filter((part) => part !== '').join(' ') || 'a GPU';
  return isFallbackAdapter || /swiftshader/i.test(name) ? `${name} (in software)` : name;
}
