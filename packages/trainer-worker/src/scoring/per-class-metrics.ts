import { formatCell } from "@colaml/shared/tables/written-cell";

/** One class's row of `per_class_metrics.csv`; what cannot be computed is absent and stays empty in the file. */
export interface ClassMetrics {
  label: string;
  /** Rows that are of the class. */
  support: number;
  /** Rows predicted as the class. */
  predicted: number;
  precision?: number;
  recall?: number;
  f1?: number;
}

/**
 * Precision, recall and F1 of each class against the rest, as scikit-learn's `classification_report`;
 * if scikit-learn warns and writes 0 (nothing predicted, no row of the class), the value is absent.
 *
 * @param counts rows by actual class (row) and predicted class (column)
 */
export function perClassMetrics(
  classes: readonly string[],
  counts: readonly ArrayLike<number>[],
): ClassMetrics[] {
  return classes.map((label, k) => {
    const hits = counts[k]![k]!;
    let support = 0;
    let predicted = 0;
    for (let j = 0; j < classes.length; j++) {
      support += counts[k]![j]!;
      predicted += counts[j]![k]!;
    }
    return {
      label,
      support,
      predicted,
      ...(predicted > 0 ? { precision: hits / predicted } : {}),
      ...(support > 0 ? { recall: hits / support } : {}),
      ...(support + predicted > 0 ? { f1: (2 * hits) / (support + predicted) } : {}),
    };
  });
}

/** The metrics as CSV (RFC 4180 quoting, LF line ends). */
export function perClassMetricsCsv(metrics: readonly ClassMetrics[]): string {
  const rows = metrics.map((m) =>
    [m.label, m.precision, m.recall, m.f1, m.support, m.predicted]
      .map((value) => formatCell(String(value ?? ""), "csv"))
      .join(","),
  );
  return `${["label,precision,recall,f1_score,support,predicted", ...rows].join("\n")}\n`;
}
