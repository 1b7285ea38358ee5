import { toColaError } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import type { LoopEntry, LoopNote } from "./loop-state";

/** The loop's own run in MLflow, parent of everything it causes. Telling the same again changes nothing. */
export interface LoopRuns {
  open(entry: LoopEntry, model: string): Promise<string>;
  tell(runId: string, note: LoopNote, model: string, experiment: string): Promise<void>;
}

/**
 * Records in MLflow what happened, in order. MLflow being away does not stop the loop: what could not be recorded stays in
 * the entry for the next check.
 */
export async function tellMlflow(
  runs: LoopRuns,
  entry: LoopEntry,
  model: string,
  logger: Pick<Logger, "warn">,
): Promise<void> {
  try {
    if (entry.untold.length > 0) entry.runId ??= await runs.open(entry, model);
    for (let note = entry.untold[0]; note; note = entry.untold[0]) {
      await runs.tell(entry.runId!, note, model, entry.experiment);
      entry.untold.shift();
    }
  } catch (error) {
    const { retryable, message } = toColaError(error);
    logger.warn(`closed loop not recorded in MLflow${retryable ? " yet" : ""}: ${message}`);
    // A refusal, such as of a run that was deleted, would come again and hold up the rest.
    if (!retryable) entry.untold.shift();
  }
}
