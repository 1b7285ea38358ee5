import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import type { LoopRuns } from "./loop-runs";
import type { LoopStore } from "./loop-state";

/** What became of a training job. */
export type TrainingOutcome =
  | { state: "running" }
  | { state: "failed"; reason: string }
  | { state: "done"; promoted: boolean; version?: string; runId?: string };

/** What the closed loop works with; made by `main.ts`, faked by tests. */
export interface LoopDependencies {
  rules: readonly AlertRule[];
  store: LoopStore;
  runs: LoopRuns;
  /** Adds a job under an id; adding the same id again changes nothing. */
  startJob: (queue: "train" | "tune", payload: object, jobId: string) => Promise<void>;
  outcomeOf: (queue: "train" | "tune", jobId: string) => Promise<TrainingOutcome>;
  /** Adds a line to what the dashboard shows of a job. */
  logJob: (queue: "train" | "tune" | "monitor", jobId: string, line: string) => Promise<void>;
  /** Accuracy of another version on the labelled rows of a check; undefined if they cannot be scored again. */
  accuracyOf: (model: string, version: string, job: MonitorJob) => Promise<number | undefined>;
  /** Version of the present champion. */
  championOf: (model: string) => Promise<string | undefined>;
  /** Makes `to` champion again; false if `from` no longer is. */
  rollback: (model: string, from: string, to: string, reason: string) => Promise<boolean>;
  now?: () => Date;
}
