import type { CalibrationBin } from "@colaml/shared/learning/model/reference-profile";

/**
 * A probability as the training's held-out rows bear it out: a rising line through each group's mean probability
 * and share of positives (pooled if the shares fall: pool adjacent violators), flat beyond the ends.
 */
export function createCalibrator(bins: readonly CalibrationBin[]): (probability: number) => number {
  const points = pooled(bins);
  if (points.length === 0) return (probability) => probability;
  return (probability) => {
    const right = firstAtOrAbove(points, probability);
    if (right === 0) return points[0]!.y;
    if (right === points.length) return points[right - 1]!.y;
    const [a, b] = [points[right - 1]!, points[right]!];
    return a.y + ((probability - a.x) / (b.x - a.x)) * (b.y - a.y);
  };
}

interface Point {
  x: number;
  y: number;
}

function firstAtOrAbove(points: readonly Point[], x: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle]!.x < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pooled(bins: readonly CalibrationBin[]): Point[] {
  const blocks: { rows: number; sum: number; positives: number }[] = [];
  for (const { rows, meanProbability, positives } of bins) {
    if (rows === 0) continue;
    let block = { rows, sum: rows * meanProbability, positives };
    while (
      blocks.length > 0 &&
      blocks.at(-1)!.positives / blocks.at(-1)!.rows >= block.positives / block.rows
    ) {
      const left = blocks.pop()!;
      block = {
        rows: left.rows + block.rows,
        sum: left.sum + block.sum,
        positives: left.positives + block.positives,
      };
    }
    blocks.push(block);
  }
  return blocks.map(({ rows, sum, positives }) => ({ x: sum / rows, y: positives / rows }));
}
