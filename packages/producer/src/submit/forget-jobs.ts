import { QUEUE_NAMES, type QueueName } from "@colaml/shared/contracts/catalogue";
import { rememberedOutputs } from "@colaml/shared/queue/latest-predictions";
import { redisKey } from "@colaml/shared/queue/redis-keys";
import { readJobs } from "@colaml/shared/queue/stored-jobs";
import type { Job, JobState } from "bullmq";
import type { JobQueues } from "./job-queues";
import { UNENDED_STATES } from "./unended-jobs";

/** Jobs, and events of them, that are looked at in one go. */
const AT_ONCE = 200;
/** In the order in which a job goes through them. */
const STATES = [...UNENDED_STATES, "completed", "failed"] as const satisfies readonly JobState[];

type Mentions = (text: string) => boolean;

/** A job that has not ended. */
interface OpenJob {
  /** `queue/id`, as `cola jobs cancel` takes it. */
  job: string;
  state: JobState;
}

export interface ForgottenJobs {
  /** Jobs that have ended, with an id in payload, result, failure or log: removed as a whole. */
  ended: number;
  /** What the queues told of jobs to those who listen. */
  events: number;
  /** Jobs with an id that have not ended: they stay. */
  open: OpenJob[];
}

/** Ids in the jobs of one Redis, and the outputs that it knows. */
export interface JobMentions extends ForgottenJobs {
  /** Paths of outputs of predict jobs, whatever is in them. */
  outputs: Set<string>;
}

/**
 * Removes jobs that have ended, and events of jobs, with one of the ids; names those that have not ended.
 *
 * @param mentions whether a text, mostly JSON, holds one of the ids
 * @param models names of registered models whose latest outputs are asked for
 * @param erase false: only counts
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED; JOB_INVALID naming a job that cannot be read
 */
export async function forgetJobs(
  queues: JobQueues,
  mentions: Mentions,
  models: readonly string[],
  erase: boolean,
): Promise<JobMentions> {
  const found: JobMentions = { ended: 0, events: 0, open: [], outputs: new Set() };
  for (const model of models)
    for (const { path } of await rememberedOutputs(queues.redis, queues.settings.prefix, model))
      found.outputs.add(path);
  for (const queue of QUEUE_NAMES) {
    await forgetOnQueue(queues, queue, mentions, found, erase);
    found.events += await forgetEvents(queues, queue, mentions, erase);
  }
  return found;
}

async function forgetOnQueue(
  queues: JobQueues,
  queue: QueueName,
  mentions: Mentions,
  found: JobMentions,
  erase: boolean,
): Promise<void> {
  const ended: Job[] = [];
  const seen = new Set<string>();
  for (const state of STATES)
    for (let from = 0; ; from += AT_ONCE) {
      const range = { first: from, last: from + AT_ONCE - 1 };
      const page = await readJobs(queues.queue(queue), state, range, true);
      for (const job of page) {
        if (job?.id === undefined || seen.has(job.id)) continue;
        if (queue === "predict") noteOutput(job, found.outputs);
        if (!mentions(await textOf(queues, queue, job))) continue;
        seen.add(job.id);
        if (state === "completed" || state === "failed") ended.push(job);
        else found.open.push({ job: `${queue}/${job.id}`, state });
      }
      if (page.length < AT_ONCE) break;
    }
  found.ended += ended.length;
  if (!erase) return;
  for (const job of ended) {
    await job.remove({ removeChildren: false });
    await queues.redis.del(resultKey(queues, queue, job.id!));
  }
}

const resultKey = ({ settings }: JobQueues, queue: QueueName, id: string) =>
  redisKey(settings.prefix, "result", queue, id);

/** All that Redis holds of a job, as JSON. */
async function textOf(queues: JobQueues, queue: QueueName, job: Job): Promise<string> {
  const { logs } = await queues.queue(queue).getJobLogs(job.id!);
  const { data, returnvalue, failedReason, stacktrace, progress } = job;
  const beside = await queues.redis.get(resultKey(queues, queue, job.id!));
  return `${JSON.stringify([job.id, data, returnvalue, failedReason, stacktrace, progress, logs])}${beside ?? ""}`;
}

function noteOutput({ data }: Job, outputs: Set<string>): void {
  const { output } = (data ?? {}) as { output?: unknown };
  if (typeof output === "string") outputs.add(output);
}

/** Results go by the stream of a queue's events, too, which keeps the last ones. */
async function forgetEvents(
  queues: JobQueues,
  queue: QueueName,
  mentions: Mentions,
  erase: boolean,
): Promise<number> {
  const key = queues.queue(queue).toKey("events");
  const old: string[] = [];
  for (let from = "-"; ; ) {
    const page = await queues.redis.xrange(key, from, "+", "COUNT", AT_ONCE);
    for (const [entry, fields] of page) if (mentions(fields.join("\n"))) old.push(entry);
    if (page.length < AT_ONCE) break;
    from = `(${page.at(-1)![0]}`;
  }
  if (erase && old.length > 0) await queues.redis.xdel(key, ...old);
  return old.length;
}
