import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import { SCHEDULED_JOB_ID } from "@colaml/shared/contracts/names";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";

const MINUTE_MS = 60_000;

/** What of a check decides whether it gets a run of its own. */
export interface RunlessCandidate {
  jobId: string;
  /** Milliseconds since 1970. */
  at: number;
  result: Pick<MonitorResult, "modelVersion" | "verdict" | "alerts">;
  driftLevel: string | undefined;
}

/**
 * Whether a check gets a run of its own in MLflow, beside its step in the run of its model version: a schedule of every
 * minute would make half a million runs a year that all say the same. One that somebody asked for gets one, as does one
 * that raised or ended an alert, or says something else than the last check with a run.
 *
 * @param before checks of the model, oldest first
 * @param minutes `monitor.runMinutes`; 0: every check gets one
 */
export function needsOwnRun(
  { jobId, at, result, driftLevel }: RunlessCandidate,
  before: readonly CheckRecord[],
  minutes: number,
): boolean {
  if (minutes === 0 || !SCHEDULED_JOB_ID.test(jobId) || result.alerts.length > 0) return true;
  const last = before.findLast(
    ({ id, modelVersion, ownRun = true }) => ownRun && id !== jobId && modelVersion === result.modelVersion,
  );
  if (!last || last.verdict !== result.verdict || last.driftLevel !== driftLevel) return true;
  return at - Date.parse(last.at) >= minutes * MINUTE_MS;
}
