/** A point of a curve: x and y. */
export type Point = readonly [number, number];

/** A curve as no more points than can be seen: beyond that each is the mean of as many neighbours as it takes. */
export function thinned(points: readonly Point[], most = 2000): readonly Point[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const bucket = points.slice(index * size, (index + 1) * size);
    const mean = (axis: 0 | 1): number => bucket.reduce((sum, point) => sum + point[axis], 0) / bucket.length;
    return [mean(0), mean(1)];
  });
}
