import { entryOf, type JobOf, type QueueName, type ResultOf } from "@colaml/shared/contracts/catalogue";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import type { WorkerCounts } from "../local/embedded-workers";
import { Interruption, signalName } from "../local/interruption";
import { openSession, type Session } from "../local/session";
import { cancelJob, describeCancelled } from "../submit/cancel-job";
import type { JobView } from "../submit/job-view";
import { submitJob } from "../submit/submit-job";
import { waitForJob } from "../submit/wait-for-job";
import { explainWaiting } from "../submit/waiting-reason";
import type { CommandContext } from "./command-context";
import { createProgressDisplay } from "./progress-bar";

/** What the job waits for is reported to a person who waits after this long, and again after as long if it has changed. */
const NOTICE_MS = 5_000;
/** Workers look for cancelled jobs every second; a command does not wait longer than this for one of its own. */
const CANCEL_WAIT_MS = 15_000;

export interface JobRequest<Queue extends QueueName = QueueName> {
  queue: Queue;
  /** Made once the session is known. */
  payload: (session: Session) => JobOf<Queue> | Promise<JobOf<Queue>>;
  workers: WorkerCounts;
  /** What Ctrl-C does with the job; returns what to say of it. Default: the job keeps running without this command. */
  onInterrupt?: OnInterrupt;
}

/** @returns one line for a person who pressed Ctrl-C */
export type OnInterrupt = (session: Session, id: string) => Promise<string>;

export interface FinishedJob<Result> {
  session: Session;
  id: string;
  result: Result;
}

/**
 * Puts a job on its queue, shows its progress, and gives its result to `use` while the session is still open.
 *
 * @throws ColaError with the reason the job failed; Interruption at Ctrl-C, with what keeps running
 */
export async function runJob<Queue extends QueueName>(
  context: CommandContext,
  request: JobRequest<Queue>,
  use: (finished: FinishedJob<ResultOf<Queue>>) => Promise<number | undefined>,
): Promise<number | undefined> {
  const session = await openSession(context, { workers: request.workers });
  try {
    const id = await submit(context, session, request);
    context.terminal.say(`job ${id}`);
    const view = await watchJob(context, session, id, request.onInterrupt);
    // Nobody else asks for it, and the servers may be stopped before it is forgotten by itself.
    if (entryOf(request.queue).kept === "private")
      await session.queues
        .queue(request.queue)
        .remove(id)
        .catch(() => 0);
    return await use({ session, id, result: view.result as ResultOf<Queue> });
  } finally {
    await session.close();
  }
}

/** Puts a job on its queue and leaves at once. Only if somebody else runs the workers. */
export async function detachJob<Queue extends QueueName>(
  context: CommandContext,
  request: JobRequest<Queue>,
): Promise<number | undefined> {
  const session = await openSession(context, { workers: request.workers });
  try {
    if (session.kind === "own") {
      throw new ColaError("USAGE", "--detach needs workers that stay: start `cola up`, or set REDIS_URL");
    }
    const id = await submit(context, session, request);
    context.terminal.result({ id, queue: request.queue }, id);
    context.terminal.say(`watch it with: cola jobs watch ${id}`);
    return undefined;
  } finally {
    await session.close();
  }
}

async function submit<Queue extends QueueName>(
  context: CommandContext,
  session: Session,
  request: JobRequest<Queue>,
): Promise<string> {
  const payload = await request.payload(session);
  const { id, isNew } = await submitJob(session.queues, { queue: request.queue, payload });
  if (!isNew) context.terminal.say(`job ${id} does this already: following it`);
  return id;
}

/**
 * Shows a job's progress until it is finished.
 * @throws ColaError with the job's own code and reason when it failed; Interruption
 */
export async function watchJob(
  context: CommandContext,
  session: Session,
  id: string,
  onInterrupt: OnInterrupt = leave,
): Promise<JobView> {
  const display = createProgressDisplay(context.terminal);
  const notice = waitingNotice(context, session);
  try {
    const view = await Promise.race([
      waitForJob(session.queues, id, {
        signal: context.signal,
        onLook: async (seen) => {
          if (seen.progress && seen.status === "active") display.show(seen.progress);
          await notice(seen);
        },
      }),
      session.failed,
    ]);
    if (view.status === "completed") {
      display.stop(true);
      return view;
    }
    throw new ColaError(view.error?.error_code ?? "JOB_FAILED", view.error?.message ?? `job ${id} failed`);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    throw new Interruption(signalName(context.signal), await onInterrupt(session, id));
  } finally {
    display.stop(false);
  }
}

/** Reports what the job waits for, whenever that is something else, and each attempt that failed and is retried. */
function waitingNotice({ terminal }: CommandContext, { queues }: Session): (view: JobView) => Promise<void> {
  let lookedAt = performance.now();
  let told = "";
  let retryTold = 0;
  return async (view) => {
    if (view.status === "delayed" && view.error && view.attempts > retryTold) {
      retryTold = view.attempts;
      terminal.warn(`attempt ${view.attempts} failed and is retried: ${view.error.message}`);
    }
    if (performance.now() - lookedAt < NOTICE_MS) return;
    lookedAt = performance.now();
    const reason = await explainWaiting(queues)(view);
    // Trials of a search end one by one: its progress says so.
    const message = reason && reason.because !== "children" ? reason.message : "";
    if (message !== told && message !== "") terminal.warn(`job ${view.id} waits: ${message}`);
    told = message;
  };
}

/** Ctrl-C that ends the job, too. Workers of the command's own end it before they are stopped themselves. */
export const cancelOnInterrupt: OnInterrupt = async (session, id) => {
  try {
    const line = describeCancelled(await cancelJob(session.queues, id));
    if (session.kind === "own") {
      const signal = AbortSignal.timeout(CANCEL_WAIT_MS);
      await waitForJob(session.queues, id, { signal }).catch(() => undefined);
    }
    return line;
  } catch (error) {
    return `job ${id} could not be cancelled: ${messageOf(error)}`;
  }
};

/** What a person who pressed Ctrl-C must know: what keeps running, and how to see it. */
async function leave(session: Session, id: string): Promise<string> {
  if (session.kind !== "own")
    return `job ${id} keeps running: \`cola jobs watch ${id}\` shows it, \`cola jobs cancel ${id}\` ends it`;
  await session.close();
  // the same request for the same output is the same job
  const again = id.startsWith("predict-") ? "the same command or " : "";
  return `stopped what this command started; job ${id} is kept and resumes with ${again}the next \`cola up\` (there, \`cola jobs cancel ${id}\` drops it)`;
}
