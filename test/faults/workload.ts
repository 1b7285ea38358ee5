import { setTimeout as delay } from "node:timers/promises";
import type { JobView } from "@colaml/producer/submit/job-view";
import { ColaError, type ErrorCode } from "@colaml/shared/errors/cola-error";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import type { Deployment } from "./deployment";
import {
  JOB_KINDS,
  type JobKind,
  type Order,
  ordersOf,
  type RowCounts,
  SUBMITTED_KINDS,
  type SubmittedKind,
} from "./jobs";
import type { World } from "./world";

const POLL_MS = 150;
/** A job that Redis does not know for this long, though it answers, is lost. */
const UNKNOWN_LOOKS = 20;

/** What a person has to mend, and then retries the job: it says so, and nothing of it is lost. */
const MENDABLE: readonly ErrorCode[] = [
  "OUTPUT_UNWRITABLE",
  "MLFLOW_UNREACHABLE",
  "MLFLOW_FAILED",
  "REDIS_FULL",
  "REDIS_UNREACHABLE",
  "JOB_FAILED",
];

/** What became of one kind of job. */
export interface KindCounts {
  submitted: number;
  completed: number;
  /** Times that a person retried one, by code. */
  retried: Record<string, number>;
}

/** A job that was accepted. */
export interface Tracked {
  kind: JobKind;
  id: string;
  result?: unknown;
}

/** Submits jobs through the server and follows them in Redis, by the straight way, until it is told to stop. */
export class Workload {
  readonly problems: string[] = [];
  readonly jobs: Tracked[] = [];
  readonly counts: Record<JobKind, KindCounts>;
  readonly rows: RowCounts = { rows: 0, lost: 0, doubled: 0 };
  /** Answers of the server to a submission, by status; `away`: none. */
  readonly answers: Record<string, number> = {};
  readonly #deployment: Deployment;
  readonly #orders: ReturnType<typeof ordersOf>;
  readonly #open = new Map<string, string>();
  #isStopping = false;
  #lanes: Promise<void>[] = [];
  #progressAt = Date.now();

  constructor(deployment: Deployment, world: World) {
    this.#deployment = deployment;
    this.#orders = ordersOf(deployment, world);
    this.counts = Object.fromEntries(
      JOB_KINDS.map((kind) => [kind, { submitted: 0, completed: 0, retried: {} }]),
    ) as unknown as Record<JobKind, KindCounts>;
  }

  /** @param lanes jobs of each kind that are under way at a time */
  start(lanes: Partial<Record<SubmittedKind, number>>, seed: number): void {
    this.#lanes = Object.entries(lanes).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, lane) => this.#runLane(kind as SubmittedKind, seed + lane)),
    );
  }

  /** Ends the submissions. @returns when every job that was accepted has ended */
  async finish(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
  }

  /** Milliseconds since any job got on. */
  get quietMs(): number {
    return Date.now() - this.#progressAt;
  }

  /** The jobs under way, each with what it says of itself. */
  get open(): string[] {
    return [...this.#open].map(([id, state]) => `${id}: ${state}`);
  }

  /** @returns milliseconds from now until a job gets on; undefined if none is under way any more */
  async untilProgress(): Promise<number | undefined> {
    const from = Date.now();
    while (this.#progressAt < from) {
      if (this.#isStopping && this.#open.size === 0) return undefined;
      await delay(20);
    }
    return this.#progressAt - from;
  }

  async #runLane(kind: SubmittedKind, seed: number): Promise<void> {
    const random = seededRandom(seed * 7 + SUBMITTED_KINDS.indexOf(kind));
    while (!this.#isStopping) {
      const number = this.counts[kind].submitted++;
      await this.run(this.#orders[kind](number, random), `${kind}-${number}`);
      await delay(100);
    }
  }

  /** Submits a job and follows it to its end. */
  async run(order: Order, key: string): Promise<void> {
    const id = await this.#submit(order, key);
    if (id !== undefined) await this.settle(order, id);
  }

  /** Follows a job that was accepted to its end, and judges its result. */
  async settle(order: Order, id: string): Promise<void> {
    const tracked: Tracked = { kind: order.kind, id };
    this.jobs.push(tracked);
    const view = await this.#follow(order, id);
    this.#open.delete(id);
    if (view === undefined) return;
    tracked.result = view.result;
    this.counts[order.kind].completed++;
    const { problems, counts } = await order.judge(view.result);
    this.problems.push(...problems.map((problem) => `${id}: ${problem}`));
    for (const count of ["rows", "lost", "doubled"] as const) this.rows[count] += counts?.[count] ?? 0;
  }

  /** As a client does: with a key, until there is an answer that is not about now. */
  async #submit({ queue, payload }: Order, key: string): Promise<string | undefined> {
    for (;;) {
      const answer = await this.#post(`/jobs/${queue}`, payload, key);
      this.answers[answer.status] = (this.answers[answer.status] ?? 0) + 1;
      if (answer.status === 202) return (JSON.parse(answer.body) as { id: string }).id;
      const isPassing = answer.status === "away" || [429, 503, 504].includes(answer.status);
      if (!isPassing) {
        this.problems.push(`${key}: the server answered ${answer.status}: ${answer.body.slice(0, 300)}`);
        if (answer.status !== 500) return undefined;
      }
      await delay(300);
    }
  }

  async #post(path: string, body: object, key?: string): Promise<{ status: number | "away"; body: string }> {
    try {
      const response = await fetch(`${this.#deployment.api}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key ? { "idempotency-key": key } : {}) },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: "away", body: String(error) };
    }
  }

  /** @returns the job when it is completed; undefined if it is lost or failed for good */
  async #follow({ kind }: Order, id: string): Promise<JobView | undefined> {
    let unknown = 0;
    for (;;) {
      const view = await this.#look(id);
      if (view === "lost") unknown++;
      else if (view !== "away") {
        unknown = 0;
        this.#note(id, `${view.status} ${view.attempts} ${JSON.stringify(view.progress ?? "")}`);
        if (view.status === "completed") return view;
        if (view.status === "failed" && !(await this.#retry(kind, view))) return undefined;
      }
      if (unknown === UNKNOWN_LOOKS) {
        this.problems.push(`${id}: accepted, and lost`);
        return undefined;
      }
      await delay(POLL_MS);
    }
  }

  async #look(id: string): Promise<JobView | "lost" | "away"> {
    try {
      return await this.#deployment.queues.view(id);
    } catch (error) {
      return error instanceof ColaError && error.code === "JOB_NOT_FOUND" ? "lost" : "away";
    }
  }

  #note(id: string, state: string): void {
    if (this.#open.get(id) === state) return;
    this.#open.set(id, state);
    this.#progressAt = Date.now();
  }

  /** What a person does about a failed job. @returns whether there is something to do */
  async #retry(kind: JobKind, { id, error }: JobView): Promise<boolean> {
    const { error_code: code, message } = error!;
    if (!MENDABLE.includes(code)) {
      this.problems.push(`${id}: failed with ${code}: ${message.slice(0, 300)}`);
      return false;
    }
    // Whatever is answered, the job is looked at again: the answer may be lost, and the job run.
    const { status } = await this.#post(`/jobs/${id}/retry`, {});
    const { retried } = this.counts[kind];
    if (status === 202) retried[code] = (retried[code] ?? 0) + 1;
    return true;
  }
}
