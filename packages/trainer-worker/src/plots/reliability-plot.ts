import type { ReliabilityBin } from "../decisions/reliability";
import { renderLinePlot } from "./line-plot";

/** Before and after calibration. */
export interface Reliability {
  before: readonly ReliabilityBin[];
  after: readonly ReliabilityBin[];
}

/** Reliability diagram: mean highest probability and share right of each bin that has rows, before and after. */
export function reliabilityPlot({ before, after }: Reliability, rows: number): string {
  const points = (bins: readonly ReliabilityBin[]) =>
    bins.flatMap(({ confidence, accuracy }) =>
      confidence === undefined || accuracy === undefined ? [] : [{ x: confidence, y: accuracy }],
    );
  return renderLinePlot({
    title: "Reliability before and after calibration",
    subtitle: `${rows} test rows in bins of their highest probability`,
    xLabel: "Mean highest probability",
    yLabel: "Share of the rows that are right",
    xDomain: [0, 1],
    yDomain: [0, 1],
    series: [
      { name: "before", points: points(before), dots: true },
      { name: "after", points: points(after), dots: true },
    ],
    guide: { name: "perfectly calibrated", from: { x: 0, y: 0 }, to: { x: 1, y: 1 } },
  });
}

/** The bins as CSV; what a bin without a row has no value of stays empty. */
export function reliabilityCsv({ before, after }: Reliability): string {
  const lines = Object.entries({ before, after }).flatMap(([stage, bins]) =>
    bins.map(({ from, to, rows, confidence, accuracy }) =>
      [stage, from, to, rows, confidence ?? "", accuracy ?? ""].join(","),
    ),
  );
  return `${["calibration,from,to,rows,mean_probability,share_right", ...lines].join("\n")}\n`;
}
