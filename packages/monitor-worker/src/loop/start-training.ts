import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import { brakeOf, type LoopEntry } from "./loop-state";
import { adoptCheck, attempt, type LoopTurn, tell } from "./loop-turn";

/**
 * Starts the training of a rule whose incident is open, once per incident. What a brake stopped is retried at
 * each check for as long as the incident lasts.
 */
export async function startTraining(turn: LoopTurn, rule: AlertRule, incident: string): Promise<void> {
  const { dependencies, check, entries, said } = turn;
  const { result, context, job } = check;
  const start = rule.start!;
  if (entries.some((entry) => entry.incident === incident)) return;
  const now = dependencies.now();
  const brake = brakeOf(entries, rule.name, start, now) ?? (await notChampion(turn));
  if (brake) {
    const line = `rule ${rule.name} does not start a ${start.job} job: ${brake}`;
    context.logger.warn(line, { incident });
    said.push(line);
    await attempt(turn, "a job's log on the dashboard", () =>
      dependencies.logJob("monitor", context.jobId, line),
    );
    return;
  }
  const accuracy = result.metrics.accuracy_score;
  const entry: LoopEntry = {
    incident,
    rule: rule.name,
    queue: start.job,
    jobId: `retrain-${incident}`,
    startedAt: now.toISOString(),
    status: "training",
    before: { version: result.modelVersion, ...(accuracy === undefined ? {} : { accuracy }) },
    checks: 0,
    watchChecks: start.watchChecks,
    experiment: job.experiment,
    untold: [],
  };
  check.held();
  // Noted first: a crash here costs one start of the budget, not a second training.
  entries.push(entry);
  await dependencies.store.write(result.model, entries);
  await dependencies.startJob(start.job, { ...start.payload, model: result.model }, entry.jobId);
  adoptCheck(turn, entry);
  await tell(turn, entry, "started", `${start.job} job ${entry.jobId} started by check ${context.jobId}`);
}

/** What would follow a check of another version than the champion could not be compared with it. */
async function notChampion(turn: LoopTurn): Promise<string | undefined> {
  const { model, modelVersion } = turn.check.result;
  const champion = await attempt(turn, "asking for the champion", () => turn.dependencies.championOf(model));
  if (champion === undefined || champion === modelVersion) return undefined;
  return `version ${modelVersion}, which was checked, is not the champion (version ${champion} is)`;
}
