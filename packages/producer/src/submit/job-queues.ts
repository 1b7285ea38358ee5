import { randomBytes } from "node:crypto";
import { QUEUE_NAMES, type QueueName, SEARCHED_QUEUES } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import {
  addJob,
  closeRedis,
  type OpenQueue,
  openQueue,
  type RedisConnection,
  type RedisSettings,
} from "@colaml/shared/queue/connection";
import { readJob } from "@colaml/shared/queue/stored-jobs";
import { readReturned } from "@colaml/shared/queue/stored-result";
import type { Job, JobsOptions, Queue } from "bullmq";
import { type JobView, viewJob } from "./job-view";

/** A new id of a job: its queue and 10 random hex digits, e.g. `train-5f0c2a91d3`. */
export const newJobId = (queue: QueueName) => `${queue}-${randomBytes(5).toString("hex")}`;

/** Characters of an id that is looked up. */
export const MAX_ID = 1_024;

export interface FoundJob {
  queue: QueueName;
  job: Job;
}

/** Every queue of ColaML on one Redis, opened when first used. Who makes it closes it. */
export class JobQueues {
  /** The connection all queues share, also for the producer's own keys. */
  readonly redis: RedisConnection;
  readonly settings: RedisSettings;
  readonly #open = new Map<QueueName, OpenQueue<object>>();

  /** @param redis closed with the queues */
  constructor(redis: RedisConnection, settings: RedisSettings) {
    this.redis = redis;
    this.settings = settings;
  }

  queue(name: QueueName): Queue {
    return this.#opened(name).queue as unknown as Queue;
  }

  #opened(name: QueueName): OpenQueue<object> {
    let open = this.#open.get(name);
    if (!open) {
      open = openQueue<object>(name, { connection: this.redis, redis: this.settings });
      this.#open.set(name, open);
    }
    return open;
  }

  all(): Queue[] {
    return QUEUE_NAMES.map((name) => this.queue(name));
  }

  /**
   * Puts a checked payload on its queue.
   * @returns the job's id
   * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED, REDIS_FULL; JOB_INVALID for a payload that is too large
   */
  async add(name: QueueName, payload: object, options: JobsOptions = {}): Promise<string> {
    const job = await addJob(this.#opened(name), name, payload, { jobId: newJobId(name), ...options });
    return job.id!;
  }

  /** A job by its id, or by `queue/id` if an id occurs in several queues. */
  async find(reference: string): Promise<FoundJob | undefined> {
    const { queues, id } = parseReference(reference);
    const found = await Promise.all(
      queues.map(async (queue) => ({ queue, job: await readJob(this.queue(queue), id) })),
    );
    return found.find((entry): entry is FoundJob => entry.job !== undefined);
  }

  /** @throws ColaError JOB_NOT_FOUND */
  async get(reference: string): Promise<FoundJob> {
    const found = await this.find(reference);
    if (!found)
      throw new ColaError(
        "JOB_NOT_FOUND",
        `no job ${JSON.stringify(reference.slice(0, 140))}: \`cola jobs\` lists them`,
      );
    return found;
  }

  /** @throws ColaError JOB_NOT_FOUND */
  async view(reference: string): Promise<JobView> {
    const { queue, job } = await this.get(reference);
    const state = await job.getState();
    // Content was read before the state: a job that finished in between is read again, so its result is there.
    const finished = state === "completed" || state === "failed";
    const fresh = finished ? await readJob(this.queue(queue), job.id!) : job;
    const shown = fresh ?? job;
    const { redis: connection, settings } = this;
    const place = { connection, prefix: settings.prefix, queue, jobId: job.id! };
    const returnvalue = state === "completed" ? await readReturned(place, shown.returnvalue) : undefined;
    return viewJob(Object.assign(shown, { returnvalue }), queue, state);
  }

  async close(): Promise<void> {
    const queues = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(queues.map((queue) => queue.close()));
    closeRedis(this.redis);
  }
}

/**
 * Ids that ColaML makes are plain names; another client may have made any other.
 *
 * @throws ColaError JOB_NOT_FOUND for what cannot be an id
 */
function parseReference(reference: string): { queues: readonly QueueName[]; id: string } {
  const slash = reference.indexOf("/");
  const queue = QUEUE_NAMES.find((name) => name === reference.slice(0, Math.max(slash, 0)));
  const id = queue ? reference.slice(slash + 1) : reference;
  if (id === "" || id.length > MAX_ID) {
    throw new ColaError("JOB_NOT_FOUND", `no job ${JSON.stringify(reference.slice(0, 140))}: not a job id`);
  }
  const named = SEARCHED_QUEUES.find((name) => id.startsWith(`${name}-`));
  if (queue) return { queues: [queue], id };
  return {
    queues: named ? [named, ...SEARCHED_QUEUES.filter((name) => name !== named)] : SEARCHED_QUEUES,
    id,
  };
}
