import type { AfterCheck } from "../monitor/processor";
import type { LoopDependencies } from "./loop-dependencies";
import { tellMlflow } from "./loop-runs";
import { dateNotAhead, type LoopEntry } from "./loop-state";
import { type LoopTurn, tell } from "./loop-turn";
import { startTraining } from "./start-training";
import { watchChampion } from "./watch-champion";

/**
 * What follows a check: the retrainings under way take one step, and rules whose incident is open may start one,
 * within cooldown and budget.
 */
export function createClosedLoop(given: LoopDependencies): AfterCheck {
  const dependencies = { now: () => new Date(), ...given };
  const { rules, store, runs } = dependencies;
  return async (check) => {
    const { model } = check.result;
    const entries = await store.read(model);
    dateNotAhead(entries, dependencies.now());
    const turn: LoopTurn = { dependencies, check, entries, said: [] };
    for (const entry of entries) {
      if (entry.status === "training") await lookAfterTraining(turn, entry);
      if (entry.status === "watching") await watchChampion(turn, entry);
    }
    for (const { id, rule: name } of check.open) {
      const rule = rules.find((candidate) => candidate.name === name);
      if (rule?.start) await startTraining(turn, rule, id);
    }
    for (const entry of entries) await tellMlflow(runs, entry, model, check.context.logger);
    check.held();
    await store.write(model, entries);
    return turn.said;
  };
}

async function lookAfterTraining(turn: LoopTurn, entry: LoopEntry): Promise<void> {
  const outcome = await turn.dependencies.outcomeOf(entry.queue, entry.jobId);
  if (outcome.state === "running") return;
  if (outcome.state === "failed") {
    entry.status = "failed";
    await tell(turn, entry, "trained", `${entry.queue} job ${entry.jobId} failed: ${outcome.reason}`);
    entry.untold.push({ close: true });
    return;
  }
  if (outcome.runId) entry.untold.push({ child: outcome.runId });
  if (!outcome.promoted || outcome.version === undefined) {
    entry.status = "not promoted";
    await tell(turn, entry, "trained", "the champion stays: the new model was not promoted");
    entry.untold.push({ close: true });
    return;
  }
  entry.status = "watching";
  entry.version = outcome.version;
  const window = `${entry.watchChecks} ${entry.watchChecks === 1 ? "check" : "checks"}`;
  await tell(turn, entry, "trained", `version ${outcome.version} is champion and watched for ${window}`);
}
