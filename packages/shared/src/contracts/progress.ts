import { z } from "zod";

const amount = z.number().min(0).optional().catch(undefined);
const line = z.string().optional().catch(undefined);

/** What another client wrote may be anything: without a stage it is none, and what else is wrong in it is left out. */
const progressSchema = z.object({
  stage: z.string(),
  done: amount,
  total: amount,
  unit: line,
  message: line,
});

/** The progress in what a job's hash holds; undefined if that is none. */
export function progressIn(stored: unknown): JobProgress | undefined {
  const { data } = progressSchema.safeParse(stored);
  if (data === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(data).filter(([, value]) => value !== undefined),
  ) as unknown as JobProgress;
}

/** What a job reports while it runs, by `job.updateProgress`; the CLI draws its bar from it. */
export interface JobProgress {
  /** What is being done now, e.g. `read`, `fit`, `boost`, `publish`, `score`. */
  stage: string;
  /** Units finished in this stage (iterations, rows, bytes: `unit` says which). */
  done?: number;
  /** Units in this stage when known. */
  total?: number;
  unit?: "iterations" | "rows" | "bytes" | "trials";
  /** One line for a person. */
  message?: string;
}
