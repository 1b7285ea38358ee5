import { messageOf } from "@colaml/shared/errors/cola-error";
import type { RecordedCheck } from "../monitor/processor";
import type { LoopDependencies } from "./loop-dependencies";
import type { LoopEntry } from "./loop-state";

/** The loop's turn after one check. */
export interface LoopTurn {
  dependencies: Required<LoopDependencies>;
  check: RecordedCheck;
  /** All retrainings of the model, oldest first. */
  entries: LoopEntry[];
  /** What was done, or why nothing was: a line each, for the result of the check. */
  said: string[];
}

/** Tells one step everywhere: log, result of the check, both jobs on the dashboard, run in MLflow. */
export async function tell(turn: LoopTurn, entry: LoopEntry, step: string, text: string): Promise<void> {
  const { dependencies, check, said } = turn;
  const line = `rule ${entry.rule}: ${text}`;
  check.context.logger.info(`closed loop: ${line}`, { incident: entry.incident, step });
  said.push(line);
  entry.untold.push({ step, text });
  for (const [queue, id] of [
    [entry.queue, entry.jobId] as const,
    ["monitor", check.context.jobId] as const,
  ]) {
    await attempt(turn, "a job's log on the dashboard", () => dependencies.logJob(queue, id, line));
  }
}

/** The run of this check becomes a child of the loop's. */
export function adoptCheck({ check }: LoopTurn, entry: LoopEntry): void {
  if (check.result.runId) entry.untold.push({ child: check.result.runId });
}

/** What `act` gives, or nothing if it fails: that is logged and stops neither the loop nor the check. */
export async function attempt<T>(
  { check }: LoopTurn,
  what: string,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    check.context.logger.warn(`closed loop: ${what} failed: ${messageOf(error)}`);
    return undefined;
  }
}
