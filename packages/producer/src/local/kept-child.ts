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
 * @returns never; rejects with INTERNAL when the budget is used up or the port is taken, or with what `isFinal` says
 */
export async function keepChild(first: RunningChild, options: KeepOptions): Promise<never> {
  const { stopping, warn, changed, isFinal, budget = new RestartBudget() } = options;
  for (let child = first; ; ) {
    const { exit, hung } = await endOf(child, options);
    if (stopping.aborted) return new Promise<never>(() => {});
    // What it started itself may outlive it, and holds its port.
    await child.stop();
    const how = hung ?? `ended by itself (${exit.signal ?? `exit code ${exit.code}`})`;
    const ended = `${child.name} ${how}: see ${child.logFile}`;
    const final = isFinal?.(exit, ended);
    if (final) throw final;
    if (!budget.take()) throw usedUp(ended);
    warn(`${ended}; starting it again`);
    const next = await startAgain(ended, { ...options, budget });
    if (next === undefined) return new Promise<never>(() => {});
    child = next;
    await changed?.(child);
  }
}

const usedUp = (ended: string) =>
  new ColaError("INTERNAL", `${ended}; it was started again ${RestartBudget.words}: not any more`);

/**
 * The next child. One that ends before it is ready, as a Redis that is killed while it loads its data, counts as one more
 * end. Nothing if all is stopped meanwhile.
 *
 * @throws ColaError INTERNAL when the budget is used up, or its port belongs to another program
 */
async function startAgain(
  ended: string,
  { start, stopping, warn, budget }: KeepOptions & { budget: RestartBudget },
): Promise<RunningChild | undefined> {
  for (;;) {
    await delay(RESTART_DELAY_MS);
    if (stopping.aborted) return undefined;
    try {
      const child = await start();
      if (stopping.aborted) await child.stop();
      return child;
    } catch (cause) {
      const why = `${ended}; it cannot be started again: ${messageOf(cause)}`;
      if (cause instanceof ColaError && "takenPort" in cause.details)
        throw new ColaError("INTERNAL", why, { cause });
      if (!budget.take()) throw usedUp(why);
      warn(`${why}; trying again`);
    }
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
