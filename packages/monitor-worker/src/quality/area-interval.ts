import type { ClassCounts } from "@colaml/shared/metrics/class-counts";
import { Z_95 } from "../statistics/normal";

/** The interval of an area under the ROC curve by its standard error, within 0 and 1; by default 95%. */
export function areaInterval(value: number, standardError: number, z: number = Z_95): [number, number] {
  return [Math.max(0, value - z * standardError), Math.min(1, value + z * standardError)];
}

/**
 * Standard error of an area that only the classes' rows are known of: Hanley and McNeil 1982 (Radiology 143:29).
 * Multiclass: of each class against the rest at the same area, weighted by the classes' rows.
 */
export function areaErrorOf(area: number, { actual }: Pick<ClassCounts, "actual">): number {
  const rows = Array.from(actual);
  const n = rows.reduce((sum, count) => sum + count, 0);
  if (rows.length === 2) return hanleyMcNeil(area, rows[1]!, rows[0]!);
  return rows.reduce((sum, count) => sum + (count / n) * hanleyMcNeil(area, count, n - count), 0);
}

function hanleyMcNeil(area: number, positives: number, negatives: number): number {
  if (positives === 0 || negatives === 0) return 0;
  const square = area * area;
  const ofPositives = (positives - 1) * (area / (2 - area) - square);
  const ofNegatives = (negatives - 1) * ((2 * square) / (1 + area) - square);
  const variance = (area * (1 - area) + ofPositives + ofNegatives) / (positives * negatives);
  return Math.sqrt(Math.max(0, variance));
}
