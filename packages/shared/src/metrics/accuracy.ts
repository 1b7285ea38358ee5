import { rowsOf } from "./class-counts";
import type { CountMetric } from "./metric";

/** Share of rows whose class was predicted: scikit-learn's `accuracy_score`. */
export const accuracy = {
  of: "counts",
  title: "accuracy",
  monitored: true,
  decides: true,
  lacks: "rows",
  share: (counts) => {
    let successes = 0;
    for (let k = 0; k < counts.correct.length; k++) successes += counts.correct[k]!;
    return { successes, n: rowsOf(counts) };
  },
} as const satisfies CountMetric;
