import { shellWord } from './format.ts';

type Suggestion = 'generate' | 'export' | 'train';

/** What can be done with a run, a line each: the command as it can be pasted, and its purpose. */
export function nextSteps(directory: string, suggestions: readonly Suggestion[], step: number): string {
  const run = shellWord(directory);
  const commands: Readonly<Record<Suggestion, readonly [command: string, purpose: string]>> = {
    generate: [`npx trilu generate ${run}`, 'write with it'],
    export: [`npx trilu export ${run}`, 'write its .onnx files'],
    train: [`npx trilu train --resume ${run} --steps ${step * 2}`, 'train it further'],
  };
  const rows = suggestions.map((suggestion) => commands[suggestion]);
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, purpose]) => `  ${command.padEnd(width)}   ${purpose}`).join('\n');
}
