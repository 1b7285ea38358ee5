import type { PredictChunkResult } from "@colaml/shared/contracts/predict-chunk";
import { sumByReason } from "@colaml/shared/tables/rejected-by-reason";

/** What is counted of a chunk, and of a batch so far. A count that an earlier release did not know may be absent. */
export type ChunkCounts = Pick<
  PredictChunkResult,
  "rows" | "rejected" | "rejectedByReason" | "invalidUtf8" | "withoutKnownWords" | "decisions"
>;

/** Counts of a chunk that gives no row, with one reason for all of its records. */
export function rejectedAll(records: number, reason: string): ChunkCounts {
  const rejectedByReason = records > 0 ? { [reason]: records } : {};
  return { rows: 0, rejected: records, rejectedByReason, invalidUtf8: 0, withoutKnownWords: 0 };
}

/** Both counts as one. What one of them lacks the sum lacks: a part of a count would pass for all of it. */
export function sumCounts(a: ChunkCounts, b: ChunkCounts): ChunkCounts {
  const unknown = a.withoutKnownWords === undefined || b.withoutKnownWords === undefined;
  return {
    rows: a.rows + b.rows,
    rejected: a.rejected + b.rejected,
    rejectedByReason: sumByReason(a.rejectedByReason, b.rejectedByReason),
    invalidUtf8: a.invalidUtf8 + b.invalidUtf8,
    withoutKnownWords: unknown ? undefined : a.withoutKnownWords! + b.withoutKnownWords!,
    decisions: sumDecisions(a, b),
  };
}

/** Counts without a row know of no decision. */
function sumDecisions(a: ChunkCounts, b: ChunkCounts): number[] | undefined {
  if (a.rows === 0 && a.decisions === undefined) return b.decisions;
  if (b.rows === 0 && b.decisions === undefined) return a.decisions;
  return a.decisions?.map((rows, k) => rows + (b.decisions?.[k] ?? 0));
}
