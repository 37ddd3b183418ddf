/** Scales of the charts: from values to places. Pure. */

/** Round values for an axis of counts from 0 that reach the highest value; about `count` of them. */
export const ticksTo = (highest: number, count = 4): readonly number[] => {
  if (!(highest > 0)) return [0, 1];
  const rough = Math.max(1, highest / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power * 10;
  const top = Math.ceil(highest / step);
  return Array.from({ length: top + 1 }, (_, index) => index * step);
};

const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800, 604_800,
] as const;

/** The same for seconds, in steps that read as times. */
export const timeTicksTo = (highest: number, count = 4): readonly number[] => {
  if (!(highest > 0)) return [0, 60];
  const rough = highest / count;
  const step = TIME_STEPS.find((candidate) => candidate >= rough) ?? Math.ceil(rough / 604_800) * 604_800;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step);
};

/** A line through points; a gap (`null`) breaks it. */
export const linePath = (points: readonly ({ readonly x: number; readonly y: number } | null)[]): string => {
  let pen = false;
  return points
    .map((point) => {
      if (point === null) {
        pen = false;
        return '';
      }
      const command = pen ? 'L' : 'M';
      pen = true;
      return `${command}${point.x.toFixed(1)},${point.y.toFixed(1)}`;
    })
    .join('');
};
