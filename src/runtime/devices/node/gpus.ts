import { readdirSync, readFileSync } from 'node:fs';

/** The names of vendors by their PCI numbers, where ONNX Runtime finds no name of the GPU. */
const vendors: Readonly<Record<string, string>> = {
  '10de': 'NVIDIA',
  '1002': 'AMD',
  '8086': 'Intel',
  '106b': 'Apple',
  '5143': 'Qualcomm',
};

/** The GPUs that ONNX Runtime found, by name or vendor: it lists them in its log. */
export function gpusIn(log: string): readonly string[] {
  const lines = log.matchAll(/OrtHardwareDevice \{vendor_id:0x(\w+), .*?vendor:(.*?), type:1, metadata: \[(.*?)\]\}/g);
  return [...lines].map(([, id = '', vendor = '', metadata = '']) => {
    const name = /Description=([^,]+)/.exec(metadata)?.[1];
    return name ?? `${vendors[id.toLowerCase()] ?? (vendor === '' ? 'unknown' : vendor)} GPU`;
  });
}

/** NVIDIA's GPUs as its driver on Linux names them. */
export function nvidiaGpus(folder = '/proc/driver/nvidia/gpus'): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const model = /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${name}/information`, 'utf8'))?.[1];
      return model === undefined ? [] : [model.trim()];
    });
  } catch {
    return [];
  }
}
