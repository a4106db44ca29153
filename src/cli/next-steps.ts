import { shellWord } from './format.ts';

type Suggestion = 'generate' | 'export' | 'train';

/** Suggested commands for a run, one per line: the command and its purpose. */
export function nextSteps(directory: string, suggestions: readonly Suggestion[], step: number): string {
  const run = shellWord(directory);
  const commands: Readonly<Record<Suggestion, readonly [command: string, purpose: string]>> = {
    generate: [`npx trilu generate ${run}`, 'generate text'],
    export: [`npx trilu export ${run}`, 'write the .onnx files'],
    train: [`npx trilu train --resume ${run} --steps ${step * 2}`, 'train longer'],
  };
  const rows = suggestions.map((suggestion) => commands[suggestion]);
  const width = Math.max(...rows.map(([command]) => command.length));
  return rows.map(([command, purpose]) => `  ${command.padEnd(width)}   ${purpose}`).join('\n');
}
