import type { CalibrationBin } from "@colaml/shared/learning/model/reference-profile";

const BINS = 10;

/**
 * The points of a reliability diagram: mean probability and share of positives of the rows in each tenth of the
 * probabilities that has rows. The profile's groups are many and small: drawn as they are, groups of one or two rows
 * jump between 0 and 1.
 *
 * @param groups rows by rising probability; a group is counted in the tenth that its mean lies in
 */
export function pointsByTenth(groups: readonly CalibrationBin[]): { x: number; y: number }[] {
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, sum: 0, positives: 0 }));
  for (const { rows, meanProbability, positives } of groups) {
    const bin = bins[Math.min(BINS - 1, Math.floor(meanProbability * BINS))]!;
    bin.rows += rows;
    bin.sum += meanProbability * rows;
    bin.positives += positives;
  }
  return bins.flatMap(({ rows, sum, positives }) =>
    rows === 0 ? [] : [{ x: sum / rows, y: positives / rows }],
  );
}
