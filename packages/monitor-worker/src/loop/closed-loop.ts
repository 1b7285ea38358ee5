import { messageOf } from "@colaml/shared/errors/cola-error";
import type { AlertRule } from "@colaml/shared/jobs/alert-rules";
import type { Alert } from "@colaml/shared/jobs/alerts";
import type { MonitorJob, MonitorResult } from "@colaml/shared/jobs/monitor";
import type { AfterCheck, CheckContext } from "../processor";
import { brakeOf, type LoopEntry, type LoopStore } from "./loop-state";

/** What became of a training job. */
export type TrainingOutcome =
  | { state: "running" }
  | { state: "failed"; reason: string }
  | { state: "done"; promoted: boolean; version?: string; runId?: string };

/** The loop's own run in MLflow, parent of everything it causes. MLflow being away does not stop the loop. */
export interface LoopRuns {
  open(entry: LoopEntry, model: string, experiment: string): Promise<string>;
  note(runId: string, step: string, text: string): Promise<void>;
  adopt(parentRunId: string, childRunId: string): Promise<void>;
  close(runId: string): Promise<void>;
}

export interface ClosedLoopDependencies {
  rules: readonly AlertRule[];
  store: LoopStore;
  runs: LoopRuns;
  /** Adds a job under an id; adding the same id again changes nothing. */
  startJob: (queue: "train" | "tune", payload: object, jobId: string) => Promise<void>;
  outcomeOf: (queue: "train" | "tune", jobId: string) => Promise<TrainingOutcome>;
  /** Accuracy of another version on the labelled rows of a check; undefined where they cannot be scored again. */
  accuracyOf: (model: string, version: string, job: MonitorJob) => Promise<number | undefined>;
  rollback: (model: string, from: string, to: string, reason: string) => Promise<void>;
  now?: () => Date;
}

type Check = { job: MonitorJob; result: MonitorResult; context: CheckContext };

/**
 * What follows a check: the retrainings under way go on a step, and rules that began an incident may start one,
 * within cooldown and budget. A new champion that is worse than the one before, on the same rows and beyond its
 * 95% interval, is rolled back.
 */
export function createClosedLoop(dependencies: ClosedLoopDependencies): AfterCheck {
  const { rules, store } = dependencies;
  return async (check) => {
    const { result } = check;
    const entries = await store.read(result.model);
    for (const entry of entries) await advance(dependencies, entry, check);
    for (const alert of result.alerts.filter(({ status }) => status === "firing")) {
      const rule = rules.find(({ name }) => name === alert.rule);
      if (rule?.start) await startTraining(dependencies, entries, rule, alert, check);
    }
    await store.write(result.model, entries);
  };
}

async function advance(dependencies: ClosedLoopDependencies, entry: LoopEntry, check: Check): Promise<void> {
  if (entry.status === "training") await lookAfterTraining(dependencies, entry, check);
  if (entry.status === "watching") await watch(dependencies, entry, check);
}

async function lookAfterTraining(dependencies: ClosedLoopDependencies, entry: LoopEntry, check: Check) {
  const outcome = await dependencies.outcomeOf(entry.queue, entry.jobId);
  if (outcome.state === "running") return;
  if (outcome.state === "failed") {
    entry.status = "failed";
    await tell(dependencies, entry, check, "trained", `failed: ${outcome.reason}`, true);
    return;
  }
  if (outcome.runId) await adopt(dependencies, entry, outcome.runId, check);
  if (!outcome.promoted || outcome.version === undefined) {
    entry.status = "not promoted";
    await tell(
      dependencies,
      entry,
      check,
      "trained",
      "the champion stays: the new model was not promoted",
      true,
    );
    return;
  }
  entry.status = "watching";
  entry.version = outcome.version;
  const text = `version ${outcome.version} is champion and watched for ${entry.watchChecks} checks`;
  await tell(dependencies, entry, check, "trained", text, false);
}

async function watch(dependencies: ClosedLoopDependencies, entry: LoopEntry, check: Check): Promise<void> {
  const { result, job } = check;
  const accuracy = result.metrics.accuracy_score;
  const interval = result.intervals.accuracy_score;
  if (result.modelVersion !== entry.version || accuracy === undefined || interval === undefined) return;
  entry.checks++;
  if (result.runId) await adopt(dependencies, entry, result.runId, check);
  const sameRows = await dependencies.accuracyOf(result.model, entry.before.version, job);
  const before = sameRows ?? entry.before.accuracy;
  const shown = `accuracy ${accuracy.toFixed(4)}, version ${entry.before.version} ${before?.toFixed(4) ?? "unknown"}${sameRows === undefined ? " when it was replaced" : " on the same rows"}`;
  if (before !== undefined && interval[1] < before) {
    const reason = `check ${entry.checks} of the watch window: ${shown}`;
    await dependencies.rollback(result.model, entry.version!, entry.before.version, reason);
    entry.status = "rolled back";
    await tell(dependencies, entry, check, `watch_${entry.checks}`, `rolled back: ${shown}`, true);
    return;
  }
  const done = entry.checks >= entry.watchChecks;
  if (done) entry.status = "kept";
  await tell(dependencies, entry, check, `watch_${entry.checks}`, done ? `kept: ${shown}` : shown, done);
}

async function startTraining(
  dependencies: ClosedLoopDependencies,
  entries: LoopEntry[],
  rule: AlertRule,
  alert: Alert,
  check: Check,
): Promise<void> {
  const { result, context, job } = check;
  const start = rule.start!;
  const now = (dependencies.now ?? (() => new Date()))();
  if (entries.some(({ incident }) => incident === alert.id)) return;
  const brake = brakeOf(entries, rule.name, start, now);
  if (brake) {
    context.logger.warn(`rule ${rule.name} does not start a ${start.job} job: ${brake}`, { alert: alert.id });
    return;
  }
  const accuracy = result.metrics.accuracy_score;
  const entry: LoopEntry = {
    incident: alert.id,
    rule: rule.name,
    queue: start.job,
    jobId: `retrain-${alert.id}`,
    startedAt: now.toISOString(),
    status: "training",
    before: { version: result.modelVersion, ...(accuracy === undefined ? {} : { accuracy }) },
    checks: 0,
    watchChecks: start.watchChecks,
  };
  // Noted first: a crash here costs one start of the budget, not a second training.
  entries.push(entry);
  await dependencies.store.write(result.model, entries);
  await dependencies.startJob(start.job, start.payload, entry.jobId);
  entry.runId = await attempt(context, () => dependencies.runs.open(entry, result.model, job.experiment));
  if (result.runId) await adopt(dependencies, entry, result.runId, check);
  await tell(
    dependencies,
    entry,
    check,
    "started",
    `${start.job} job ${entry.jobId}: ${alert.message}`,
    false,
  );
}

async function tell(
  { runs }: ClosedLoopDependencies,
  entry: LoopEntry,
  { context }: Check,
  step: string,
  text: string,
  last: boolean,
): Promise<void> {
  context.logger.info(`closed loop: ${text}`, { incident: entry.incident, step });
  const { runId } = entry;
  if (runId === undefined) return;
  await attempt(context, () => runs.note(runId, step, text));
  if (last) await attempt(context, () => runs.close(runId));
}

async function adopt(
  { runs }: ClosedLoopDependencies,
  entry: LoopEntry,
  child: string,
  check: Check,
): Promise<void> {
  const { runId } = entry;
  if (runId !== undefined) await attempt(check.context, () => runs.adopt(runId, child));
}

async function attempt<T>({ logger }: CheckContext, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    logger.warn(`closed loop not recorded in MLflow: ${messageOf(error)}`);
    return undefined;
  }
}
