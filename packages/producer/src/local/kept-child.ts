import { setTimeout as delay } from "node:timers/promises";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { type AnswerWatchOptions, watchAnswers } from "./answer-watch";
import type { ChildExit, RunningChild } from "./child-process";
import { RestartBudget } from "./restart-budget";

/** A process that ended is started again after this long, so that a broken one does not spin. */
const RESTART_DELAY_MS = 1_000;

export interface KeepOptions {
  /** Starts it once more, on the same port and data. */
  start: () => Promise<RunningChild>;
  /** Aborted before the child is stopped on purpose. */
  stopping: AbortSignal;
  /** Gets a line for each start, and for each end of one that hung. */
  warn: (line: string) => void;
  /** Called when another child runs in place of the one before. */
  changed?: (child: RunningChild) => void | Promise<void>;
  /** Why an end is final, if it is. */
  isFinal?: (exit: ChildExit, ended: string) => ColaError | undefined;
  budget?: RestartBudget;
  /** How it is seen that the child hangs; it is ended then. Absent: only its end is watched. */
  watch?: AnswerWatchOptions;
}

/**
 * Starts a child again whenever it ends by itself, or hangs.
 *
 * @returns never; rejects with INTERNAL when the budget is used up, with what `start` throws, or with what `isFinal` says
 */
export async function keepChild(first: RunningChild, options: KeepOptions): Promise<never> {
  const { start, stopping, warn, changed, isFinal, budget = new RestartBudget() } = options;
  for (let child = first; ; ) {
    const { exit, hung } = await endOf(child, options);
    if (stopping.aborted) return new Promise<never>(() => {});
    // What it started itself may outlive it, and holds its port.
    await child.stop();
    const how = hung ?? `ended by itself (${exit.signal ?? `exit code ${exit.code}`})`;
    const ended = `${child.name} ${how}: see ${child.logFile}`;
    const final = isFinal?.(exit, ended);
    if (final) throw final;
    if (!budget.take())
      throw new ColaError("INTERNAL", `${ended}; it was started again ${RestartBudget.words}: not any more`);
    warn(`${ended}; starting it again`);
    await delay(RESTART_DELAY_MS);
    if (stopping.aborted) return new Promise<never>(() => {});
    try {
      child = await start();
    } catch (error) {
      throw new ColaError("INTERNAL", `${ended}; it cannot be started again: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (stopping.aborted) await child.stop();
    await changed?.(child);
  }
}

/** How a child ended; `hung` if it was ended because it gave no answer. */
async function endOf(
  child: RunningChild,
  { watch, stopping }: KeepOptions,
): Promise<{ exit: ChildExit; hung?: string | undefined }> {
  if (!watch) return { exit: await child.exited };
  const { silent, silentMs, stop } = watchAnswers(watch);
  let hung: string | undefined;
  void silent.then(() => {
    // One that is stopped on purpose has its own time to end.
    if (stopping.aborted) return;
    hung = `gave no answer for ${silentMs / 1000} s and was ended`;
    child.signal("SIGKILL");
  });
  const exit = await child.exited;
  stop();
  return { exit, hung };
}
