import { type LineSeries, renderLinePlot } from "./line-plot";

/** Values of one metric by iteration: `values[i]` is after i + 1 trees (a class). */
export interface MetricHistory {
  /** E.g. `train_log_loss`. */
  name: string;
  values: readonly number[];
}

/**
 * How a metric moved while the model was boosted.
 *
 * @param bestIteration counted from 1; marked when it is not the last
 */
export function metricPerIterationPlot(
  metric: string,
  histories: readonly MetricHistory[],
  bestIteration?: number,
): string {
  const iterations = Math.max(1, ...histories.map(({ values }) => values.length));
  const series: LineSeries[] = histories.map(({ name, values }) => ({
    name,
    points: values.map((y, i) => ({ x: i + 1, y })),
  }));
  const marked = bestIteration !== undefined && bestIteration < iterations;
  return renderLinePlot({
    title: `${metric} per iteration`,
    subtitle: `${iterations} iterations${marked ? `, the best is ${bestIteration}` : ""}`,
    xLabel: "Iteration",
    yLabel: metric,
    xDomain: [1, Math.max(2, iterations)],
    yDomain: domainOf(histories.flatMap(({ values }) => values)),
    series,
    ...(marked ? { marker: { name: `best: ${bestIteration}`, x: bestIteration } } : {}),
  });
}

function domainOf(values: readonly number[]): [number, number] {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return [0, 1];
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high + room];
}
