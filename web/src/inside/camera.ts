import { computed, signal } from '@preact/signals';

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** From the picture to the screen: a place times `scale`, moved by x and y. */
export const camera = signal({ scale: 1, x: 0, y: 0 });
/** How large the picture's window on the page is. */
export const windowSize = signal({ width: 800, height: 600 });

const smallest = 0.04;
const largest = 2.5;
/** Below this, text can't be read at first sight. */
const readable = 0.55;
const margin = 16;

export const transform = computed(() => {
  const { scale, x, y } = camera.value;
  return `translate(${x} ${y}) scale(${scale})`;
});

/** Whether so much is seen that small text is only in the way. */
export const isFar = computed(() => camera.value.scale < 0.38);

/** What is in view, with as much again around it; it moves by whole steps, so that what is drawn changes seldom. */
export const nearby = computed<Rectangle>((): Rectangle => {
  const { scale, x, y } = camera.value;
  const width = windowSize.value.width / scale;
  const height = windowSize.value.height / scale;
  // Steps of half a window, at a scale by powers of two.
  const step = 2 ** Math.round(Math.log2(Math.max(width, height) / 2));
  const left = Math.floor(-x / scale / step - 1) * step;
  const top = Math.floor(-y / scale / step - 1) * step;
  const [across, down] = [Math.ceil(width / step + 3) * step, Math.ceil(height / step + 3) * step];
  return { x: left, y: top, width: across, height: down };
});

export function pan(x: number, y: number): void {
  const now = camera.value;
  camera.value = { ...now, x: now.x + x, y: now.y + y };
}

/** Makes everything larger by a factor, around a place on the screen. */
export function zoom(factor: number, x = windowSize.value.width / 2, y = windowSize.value.height / 2): void {
  const now = camera.value;
  const scale = Math.min(largest, Math.max(smallest, now.scale * factor));
  const grown = scale / now.scale;
  camera.value = { scale, x: x - (x - now.x) * grown, y: y - (y - now.y) * grown };
}

/** Shows the whole picture. */
export function showWhole(size: { readonly width: number; readonly height: number }): void {
  const { width, height } = windowSize.value;
  const scale = Math.min(1.2, wholeScale(size));
  camera.value = { scale, x: (width - size.width * scale) / 2, y: (height - size.height * scale) / 2 };
}

/** Shows a picture's top, as large as can be read; one that is too wide where its first box is. */
export function start(size: { readonly width: number; readonly height: number }, first: Rectangle | undefined): void {
  const { width, height } = windowSize.value;
  const scale = Math.min(1, Math.max(readable, wholeScale(size)));
  const whole = size.height * scale <= height && size.width * scale <= width;
  const middle = first === undefined ? size.width / 2 : first.x + first.width / 2;
  const beside = Math.min(0, Math.max(width - size.width * scale, width / 2 - middle * scale));
  camera.value = {
    scale,
    x: size.width * scale <= width ? (width - size.width * scale) / 2 : beside,
    y: whole ? (height - size.height * scale) / 2 : margin / 2,
  };
}

/** Moves so that a rectangle is in the middle, at a scale at which it can be read; a large one shows its top. */
export function centre({ x, y, width, height }: Rectangle): void {
  const size = windowSize.value;
  const scale = Math.min(1.2, Math.max(camera.value.scale, readable + 0.2));
  const up = Math.min((size.height - height * scale) / 2, size.height);
  camera.value = {
    scale,
    x: size.width / 2 - (x + width / 2) * scale,
    y: Math.max(up, margin * 2) - y * scale,
  };
}

/** Whether a rectangle can be seen and read as it is. */
export function isInView({ x, y, width, height }: Rectangle): boolean {
  const { scale, x: left, y: top } = camera.value;
  const size = windowSize.value;
  const [startX, startY] = [x * scale + left, y * scale + top];
  const inside =
    startX >= 0 && startY >= 0 && startX + width * scale <= size.width && startY + height * scale <= size.height;
  return inside && scale >= readable;
}

/** Moves so that a rectangle's top stays where it was on the screen. */
export function keep(before: Rectangle, after: Rectangle): void {
  const { scale, x, y } = camera.value;
  camera.value = {
    scale,
    x: x + (before.x + before.width / 2 - after.x - after.width / 2) * scale,
    y: y + (before.y - after.y) * scale,
  };
}

function wholeScale(size: { readonly width: number; readonly height: number }): number {
  const { width, height } = windowSize.value;
  return Math.max(smallest, Math.min((width - 2 * margin) / size.width, (height - 2 * margin) / size.height));
}
