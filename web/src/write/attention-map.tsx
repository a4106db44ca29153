import { useEffect, useRef } from 'preact/hooks';
import { isDark } from '../theme.ts';

interface AttentionMapProps {
  /** (head, time, time). */
  readonly weights: Float32Array;
  readonly head: number;
  /** How many characters there are. */
  readonly size: number;
}

/** One head's weights as a picture, a pixel each. */
export function AttentionMap({ weights, head, size }: AttentionMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = isDark.value;
  useEffect(() => {
    const place = canvas.current?.getContext('2d');
    if (place == null) return;
    const image = place.createImageData(size, size);
    const [red, green, blue] = dark ? [240, 138, 75] : [178, 68, 22];
    for (let row = 0; row < size; row += 1) {
      for (let column = 0; column < size; column += 1) {
        const at = (row * size + column) * 4;
        const weight = weights[(head * size + row) * size + column] ?? 0;
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        // The root lets small weights be seen beside large ones.
        image.data[at + 3] = Math.round(255 * Math.sqrt(weight));
      }
    }
    place.putImageData(image, 0, 0);
  }, [weights, head, size, dark]);
  return <canvas ref={canvas} width={size} height={size} />;
}
