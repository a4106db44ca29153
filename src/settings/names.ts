import { closest, distance } from 'fastest-levenshtein';

/** `learningRate` as the command line has it: `--learning-rate`. */
export function flagOf(name: string): string {
  return `--${wordsOf(name).join('-')}`;
}

/** `learningRate` as a JSON file has it: `learning_rate`. */
export function keyOf(name: string): string {
  return wordsOf(name).join('_');
}

/** `learningRate` as a form has it: `learning rate`. */
export function labelOf(name: string): string {
  return wordsOf(name).join(' ');
}

function wordsOf(name: string): readonly string[] {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(' ');
}

/** A sentence that names what somebody may have meant: ` Did you mean "layers"?`, or the names there are. */
export function suggestion(unknown: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(unknown, known);
  const isNear = distance(unknown, nearest) <= Math.max(2, Math.floor(unknown.length / 3));
  return isNear ? ` Did you mean "${nearest}"?` : ` Choose from ${known.join(', ')}.`;
}
