/** What a job reports while it runs, by `job.updateProgress`; the CLI draws its bar from it. */
export interface JobProgress {
  /** What is being done now, e.g. `read`, `fit`, `boost`, `publish`, `score`, `wait`. */
  stage: string;
  /** Units finished in this stage (iterations, rows, bytes: `unit` says which). */
  done?: number;
  /** Units in this stage when known. */
  total?: number;
  unit?: "iterations" | "rows" | "bytes" | "trials";
  /** One line for a person. */
  message?: string;
}
