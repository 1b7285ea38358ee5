// Robust slope of a series: Theil and Sen, with Sen's interval.

/** 97.5% of a standard normal distribution: an interval of 95%. */
const Z = 1.959963984540054;
/** Pairs grow with the square of the points: of more points every n-th is taken. */
const MAX_POINTS = 1_000;

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Sizes of groups of equal values. */
function tieSizes(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}

/** Standard deviation of Kendall's S for n values with these ties: Sen (1968), equation 2.6. */
function kendallDeviation(n, ties) {
  const term = (k) => k * (k - 1) * (2 * k + 5);
  return Math.sqrt((term(n) - ties.reduce((sum, size) => sum + term(size), 0)) / 18);
}

/**
 * Median of the slopes of all pairs of points (Theil 1950), with a 95% interval (Sen 1968), as
 * `scipy.stats.theilslopes(y, x)` gives them: a third of the points may be far off without moving it far.
 *
 * @param points `{x, y}`, x rising
 * @returns `{slope, low, high}` in units of y per unit of x; undefined of fewer than three points
 */
export function theilSen(points) {
  const step = Math.ceil(points.length / MAX_POINTS);
  const taken = points.filter((_, i) => i % step === 0);
  if (taken.length < 3) return undefined;
  const slopes = [];
  for (let i = 0; i < taken.length; i++)
    for (let j = i + 1; j < taken.length; j++)
      if (taken[j].x > taken[i].x) slopes.push((taken[j].y - taken[i].y) / (taken[j].x - taken[i].x));
  const sorted = Float64Array.from(slopes).sort();
  const sigma = kendallDeviation(taken.length, tieSizes(taken.map(({ y }) => y)));
  const reach = Z * sigma;
  const at = (index) => sorted[Math.min(sorted.length - 1, Math.max(0, index))];
  return {
    slope: median(sorted),
    low: at(Math.round((sorted.length - reach) / 2) - 1),
    high: at(Math.round((sorted.length + reach) / 2)),
  };
}

/**
 * Whether a series grows faster than it may.
 *
 * @param points `{minutes, value}`
 * @param limit `{perHour, least}`, see limits.mjs; undefined: nothing is judged
 * @returns the growth per hour with its interval, first and last level (medians of a tenth of the points), and `fails`
 */
export function judge(points, limit, warmUpMinutes) {
  const judged = points.filter(({ minutes }) => minutes >= warmUpMinutes);
  const found = theilSen(judged.map(({ minutes, value }) => ({ x: minutes / 60, y: value })));
  const tenth = Math.max(1, Math.round(judged.length / 10));
  const level = (some) =>
    some.length === 0 ? undefined : median(some.map(({ value }) => value).sort((a, b) => a - b));
  const [from, to] = [level(judged.slice(0, tenth)), level(judged.slice(-tenth))];
  const isFaster = limit !== undefined && found !== undefined && found.low > limit.perHour;
  return {
    ...found,
    from,
    to,
    peak: points.length === 0 ? undefined : Math.max(...points.map(({ value }) => value)),
    limit: limit?.perHour,
    fails: isFaster && to - from > limit.least,
  };
}
