import type { CoveragePoint } from "../decisions/abstention";
import { renderLinePlot } from "./line-plot";

/** Points drawn at most: a curve of every test row would be a large file that looks the same. */
const MOST_POINTS = 500;

/**
 * Accuracy of the decided rows by coverage.
 *
 * @param abstainBelow confidence below which the model abstains, to mark its coverage
 */
export function coveragePlot(curve: readonly CoveragePoint[], rows: number, abstainBelow?: number): string {
  const step = Math.max(1, Math.ceil(curve.length / MOST_POINTS));
  const points = curve
    .filter((_, i) => i % step === 0 || i === curve.length - 1)
    .map(({ coverage, accuracy }) => ({ x: coverage, y: accuracy }));
  const cut = curve.findLast(({ confidence }) => confidence >= (abstainBelow ?? 0));
  const lowest = Math.min(1, ...points.map(({ y }) => y));
  return renderLinePlot({
    title: "Accuracy by coverage",
    subtitle: `${rows} test rows; the least sure are abstained on first`,
    xLabel: "Share of the rows that are decided",
    yLabel: "Accuracy of these",
    xDomain: [0, 1],
    yDomain: [Math.max(0, Math.floor(lowest * 10 - 0.5) / 10), 1],
    series: [{ name: "accuracy", points }],
    ...(abstainBelow === undefined
      ? {}
      : { marker: { name: `below ${abstainBelow.toFixed(3)}`, x: cut?.coverage ?? 0 } }),
  });
}

/** The curve as CSV: confidence, coverage, accuracy. */
export function coverageCsv(curve: readonly CoveragePoint[]): string {
  const lines = curve.map(({ confidence, coverage, accuracy }) => `${confidence},${coverage},${accuracy}`);
  return `${["confidence,coverage,accuracy", ...lines].join("\n")}\n`;
}
