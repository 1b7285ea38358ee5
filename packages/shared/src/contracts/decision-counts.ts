import { z } from "zod";

const rows = z.number().int().min(0);

export const decisionCountsSchema = z.strictObject({
  /** Rows of each class by the decision, in the order of the model. */
  byClass: z.array(z.strictObject({ label: z.string(), rows })),
  /** Rows that the rule abstained on, and the word that stands for them. */
  abstained: z.strictObject({ word: z.string(), rows }),
});
/** What a model with a decision rule decided. */
export type DecisionCounts = z.infer<typeof decisionCountsSchema>;

/**
 * Counts with their names.
 *
 * @param names the classes, and behind them the word for abstaining
 * @param counts rows of each of them
 */
export function decisionCounts(names: readonly string[], counts: readonly number[]): DecisionCounts {
  const last = names.length - 1;
  return {
    byClass: names.slice(0, last).map((label, k) => ({ label, rows: counts[k] ?? 0 })),
    abstained: { word: names[last]!, rows: counts[last] ?? 0 },
  };
}

/** Classes named one by one. */
const MOST_NAMED = 5;

/** The decisions in one line for a person, e.g. `decided: True 70, False 20; abstained on 10 of 100 rows (10.0%)`. */
export function describeDecisions({ byClass, abstained }: DecisionCounts): string {
  const count = (value: number) => value.toLocaleString("en-US");
  const decided = byClass.reduce((sum, { rows }) => sum + rows, 0);
  const most = [...byClass].sort((a, b) => b.rows - a.rows);
  const named = most.slice(0, MOST_NAMED).map(({ label, rows }) => `${label} ${count(rows)}`);
  const more = most.length > MOST_NAMED ? ` and ${most.length - MOST_NAMED} more classes` : "";
  const total = decided + abstained.rows;
  const share = total === 0 ? "" : ` (${((100 * abstained.rows) / total).toFixed(1)}%)`;
  return `decided: ${named.join(", ")}${more}; abstained on ${count(abstained.rows)} of ${count(total)} rows${share}`;
}
