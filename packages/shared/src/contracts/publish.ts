import { z } from "zod";
import type { MadeBy } from "./made-by";

/** Payload of a `publish` job, version 1: publish now what was left on disk while MLflow was away. */
export const publishJobSchema = z.strictObject({
  v: z.literal(1).default(1),
  /** Whether what MLflow refused before is tried once more. */
  retry_refused: z.boolean().optional(),
});
export type PublishJob = z.infer<typeof publishJobSchema>;

/** Result of a `publish` job. */
export interface PublishResult extends MadeBy {
  /** Models and trials published now, in order. */
  published: { runId: string; model: string; modelVersion?: string; promoted: boolean; verdict: string }[];
  /** Checks of the monitor recorded now. */
  checks: number;
  /** What MLflow refuses, now or before, is kept in these folders. */
  refused: { folder: string; reason: string }[];
}
