import type { QueueName } from "@colaml/shared/contracts/catalogue";
import { SCHEDULED_JOB_ID } from "@colaml/shared/contracts/names";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { clearCancel, requestCancel } from "@colaml/shared/queue/cancel";
import { unfinishedChildrenOf } from "@colaml/shared/queue/job-children";
import { takenOff } from "@colaml/shared/queue/taken-off";
import { type WithdrawnTrials, withdrawTrials } from "@colaml/shared/queue/withdraw-trials";
import type { Job } from "bullmq";
import type { JobQueues } from "./job-queues";
import { isFinished } from "./job-view";

export interface Cancelled {
  id: string;
  queue: QueueName;
  /** `removed`: it had not started; `requested`: the worker that has it, or takes it next, ends it within seconds. */
  cancelled: "removed" | "requested";
  /** Only for a tuning job that was begun: what became of its trials that had not ended. */
  trials?: WithdrawnTrials;
}

/**
 * Ends a job: one that never ran is taken off its queue. One that runs, or was begun and waits to resume, is ended by
 * a worker, which puts away what was made so far. The trials of a tuning job end with it.
 *
 * @throws ColaError JOB_NOT_FOUND; USAGE when it is finished already, or the next job of a schedule and not yet due
 */
export async function cancelJob(queues: JobQueues, reference: string): Promise<Cancelled> {
  const { queue, job } = await queues.get(reference);
  const id = job.id!;
  const { status } = await queues.view(`${queue}/${id}`);
  if (isFinished(status)) throw new ColaError("USAGE", `job ${id} is ${status} already: nothing to cancel`);
  const [, schedule] = SCHEDULED_JOB_ID.test(id) ? id.split(":") : [];
  if (schedule !== undefined && status === "delayed" && !wasBegun(job)) throw notYetDue(id, schedule);
  const place = { connection: queues.redis, prefix: queues.settings.prefix };
  // Asked first: a job that a worker takes at this very moment is ended there.
  await requestCancel(place.connection, place.prefix, queue, id);
  if (status !== "active" && !wasBegun(job) && (await takenOff(job, place))) {
    // The same request under the same idempotency key makes a job of the same id.
    await clearCancel(place.connection, place.prefix, queue, id);
    return { id, queue, cancelled: "removed" };
  }
  // Its worker ends it at the next attempt: that need not wait.
  if (status === "delayed") await job.promote().catch(() => undefined);
  if (queue !== "tune") return { id, queue, cancelled: "requested" };
  const where = { queue: queues.queue("train"), ...place };
  return {
    id,
    queue,
    cancelled: "requested",
    trials: await withdrawTrials(await unfinishedChildrenOf(job), where),
  };
}

function notYetDue(id: string, schedule: string): ColaError {
  return new ColaError(
    "USAGE",
    `job ${id} is the next one of schedule ${schedule} and not yet due: \`cola schedule remove ${schedule}\` ends the schedule`,
  );
}

/** What became of a cancelled job, and of a tuning job's trials, in one line. */
export function describeCancelled({ id, cancelled, trials }: Cancelled): string {
  if (cancelled === "removed") return `job ${id} is off its queue`;
  const withTrials = trials
    ? `, ${trials.withdrawn} waiting trials are off their queue, ${trials.ending} running ones are being ended`
    : "";
  return `job ${id} is being ended by its worker${withTrials}: cola jobs show ${id}`;
}

/** A batch that was handed back or waits for its next attempt has chunks and files, which only a worker can put away. */
const wasBegun = (job: Job) => (job.attemptsStarted ?? 0) > 0;
