import { type Contestant, type LineUp, pythonSide, typescriptSide } from '../common/contestants.ts';
import { llamaAbsence, llamaFolder, llamaLibraries } from './found.ts';

/**
 * llama.cpp, called directly and through node-llama-cpp: JavaScript around it costs it time at each character, and more of it where
 * that is short of a core.
 */
export function llamaSides(folder: string, threads: number): LineUp {
  const llama = llamaFolder();
  if (llama === undefined) return { contestants: [], absent: [llamaAbsence] };
  const libraries = llamaLibraries(llama);
  const direct = (found: string): Contestant => ({
    side: 'llama-direct',
    label: 'llama.cpp',
    command: pythonSide(new URL('./direct.py', import.meta.url), [folder, `${threads}`, found]),
  });
  return {
    contestants: [
      ...(libraries === undefined ? [] : [direct(libraries)]),
      {
        side: 'llama',
        label: 'llama.cpp through node-llama-cpp',
        command: typescriptSide(new URL('./node-llama-cpp.ts', import.meta.url), [folder, `${threads}`, llama]),
      },
    ],
    absent: libraries === undefined ? ['llama.cpp is not called directly, which takes Linux on x64 and a Python'] : [],
  };
}
