import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { entryOf, type QueueName } from "@colaml/shared/contracts/catalogue";
import { retryJob } from "../submit/job-control";
import type { JobQueues } from "../submit/job-queues";

/** Other texts are cut to this many characters on the dashboard. */
const MAX_SHOWN_TEXT = 80;
/** Fields with texts of customers, or words of them: of such a text the dashboard shows its length. */
const CUSTOMERS_FIELDS = new Set(["texts", "explanation"]);
/** Entries of a list that are shown. */
const MAX_SHOWN_ENTRIES = 20;
/** What the board says below the name of a queue that no worker of ours takes jobs of. */
const DESCRIPTIONS: Partial<Record<QueueName, string>> = {
  "predict-dead": "dead-letter queue: `cola jobs retry ID` runs one of these chunks again",
  alerts: "for a worker of your own; old ones are removed",
};

type Workers = Awaited<ReturnType<BullMQAdapter["getWorkers"]>>;
type BoardJob = Awaited<ReturnType<BullMQAdapter["getJob"]>>;

/** A queue as Bull Board shows it: payloads and results cut, texts of customers masked, retries as the API makes them. */
export class BoardQueue extends BullMQAdapter {
  /** A job that was done is not done again. */
  override readonly allowCompletedRetries = false;
  readonly #queues: JobQueues;
  readonly #name: QueueName;

  /** @param allowActions whether buttons that change something are shown */
  constructor(queues: JobQueues, name: QueueName, allowActions: boolean) {
    super(queues.queue(name), {
      readOnlyMode: !allowActions,
      description: DESCRIPTIONS[name] ?? "",
    });
    this.#queues = queues;
    this.#name = name;
    this.setFormatter("data", (data) => cutTexts(data));
    this.setFormatter("returnValue", (data) => cutTexts(data));
  }

  /** Nothing, which is not an empty list, for a queue that needs no worker and has none. */
  override async getWorkers(): Promise<Workers> {
    const workers = await super.getWorkers();
    const needsOne = entryOf(this.#name).worker !== undefined;
    return needsOne || (workers && workers.length > 0) ? workers : null;
  }

  /** BullMQ's own retry would keep the count of workers that the job ended, and a request to cancel it. */
  override async getJob(id: string): Promise<BoardJob> {
    const job = await super.getJob(id);
    if (!job) return job;
    const retry = async () => void (await retryJob(this.#queues, `${this.#name}/${id}`));
    return Object.assign(job, { retry });
  }
}

/**
 * A payload or result as the dashboard shows it: long texts and lists cut, texts of customers as their lengths.
 *
 * @param isCustomers whether the texts in it are of customers
 */
function cutTexts(value: unknown, depth = 0, isCustomers = false): unknown {
  if (typeof value === "string") {
    if (isCustomers) return `(${value.length} characters)`;
    return value.length > MAX_SHOWN_TEXT ? `${value.slice(0, MAX_SHOWN_TEXT)}…` : value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= 8) return "…";
  const shown = (entry: unknown, key = "") =>
    cutTexts(entry, depth + 1, isCustomers || CUSTOMERS_FIELDS.has(key));
  if (Array.isArray(value)) {
    const more = value.length - MAX_SHOWN_ENTRIES;
    const entries = value.slice(0, MAX_SHOWN_ENTRIES).map((entry) => shown(entry));
    return more > 0 ? [...entries, `… ${more} more`] : entries;
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shown(entry, key)]));
}
