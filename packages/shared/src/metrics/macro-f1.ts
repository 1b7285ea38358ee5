import { rowsOf } from "./class-counts";
import { f1OfClass } from "./f1";
import type { CountMetric } from "./metric";

/**
 * scikit-learn's `f1_score(average="macro")`: F1 of each class that a row is, or was predicted to be, of, averaged
 * without weights: a small class counts as much as a large one.
 */
export const macroF1 = {
  of: "counts",
  title: "macro F1",
  monitored: false,
  decides: true,
  lacks: "both",
  share: (counts) => {
    const { actual, predicted } = counts;
    let [sum, classes] = [0, 0];
    for (let k = 0; k < actual.length; k++) {
      if (actual[k]! + predicted[k]! === 0) continue;
      sum += f1OfClass(counts, k);
      classes++;
    }
    const n = classes === 0 ? 0 : rowsOf(counts);
    return { successes: n === 0 ? 0 : (sum / classes) * n, n };
  },
} as const satisfies CountMetric;
