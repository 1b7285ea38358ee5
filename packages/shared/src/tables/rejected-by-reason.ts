import { z } from "zod";

/** Rejected rows by reason; only reasons that occurred. */
export const rejectedByReasonSchema = z.record(z.string(), z.number().int().min(0));
export type RejectedByReason = z.infer<typeof rejectedByReasonSchema>;

/** Both counts as one; undefined if either is: an older release counted a part of the rows without reasons. */
export function sumByReason(
  a: RejectedByReason | undefined,
  b: RejectedByReason | undefined,
): RejectedByReason | undefined {
  if (a === undefined || b === undefined) return undefined;
  const sum = { ...a };
  for (const [reason, rows] of Object.entries(b)) sum[reason] = (sum[reason] ?? 0) + rows;
  return sum;
}

/**
 * Counts by reason for a person, the most frequent first; undefined if there are none.
 * @example describeReasons({ "no text": 2, "broken quoting": 1 }) // "no text: 2, broken quoting: 1"
 */
export function describeReasons(byReason: RejectedByReason | undefined): string | undefined {
  const reasons = Object.entries(byReason ?? {});
  if (reasons.length === 0) return undefined;
  reasons.sort(([, a], [, b]) => b - a);
  return reasons.map(([reason, rows]) => `${reason}: ${rows.toLocaleString("en-US")}`).join(", ");
}
