import { plot } from 'asciichart';

const width = 64;
const height = 10;

/** A loss curve for the terminal, averaged down to its width. Empty for fewer than two points. */
export function lossChart(losses: readonly number[]): string {
  if (losses.length < 2) return '';
  const columns = Math.min(width, losses.length);
  const averaged = Array.from({ length: columns }, (_, column) => {
    const part = losses.slice(
      Math.floor((column * losses.length) / columns),
      Math.floor(((column + 1) * losses.length) / columns),
    );
    return part.reduce((sum, loss) => sum + loss, 0) / part.length;
  });
  return plot(averaged, { height, format: (loss: number) => loss.toFixed(2).padStart(7) });
}
