import { setTimeout as delay } from "node:timers/promises";
import { removeSchedule } from "@colaml/shared/queue/schedules";
import type { Deployment } from "./deployment";
import { checkOrder, type Order } from "./jobs";
import type { Workload } from "./workload";
import type { World } from "./world";

const ID = "while-all-fails";
const LEAST_EVERY_S = 5;
/** Below the 200 jobs of a schedule that are kept: each of them is looked at. */
const MOST_RUNS = 150;
/** A worker looks every 10 s for schedules that a wrong clock has put off. */
const RUNS_ON_MS = 60_000;
const LOOK_MS = 500;

/** Checks that a schedule brings while everything fails, each followed to its end as those that somebody submits. */
export class ScheduledChecks {
  readonly #deployment: Deployment;
  readonly #workload: Workload;
  readonly #order: Order;
  readonly #followed = new Map<string, Promise<void>>();
  #isStopping = false;
  #looks: Promise<void> = Promise.resolve();

  constructor(deployment: Deployment, workload: Workload, world: World) {
    this.#deployment = deployment;
    this.#workload = workload;
    this.#order = checkOrder("scheduled", deployment, world, true);
  }

  /** Adds the schedule. @param minutes that the run takes */
  async start(minutes: number): Promise<void> {
    const { queue, payload } = this.#order;
    const every = `${Math.ceil(Math.max(LEAST_EVERY_S, (minutes * 60) / MOST_RUNS))}s`;
    const response = await fetch(`${this.#deployment.api}/schedules`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: ID, queue, every, payload }),
    });
    if (!response.ok) throw new Error(`the schedule was not added: ${await response.text()}`);
    this.#looks = this.#look();
  }

  /**
   * Waits until the schedule has run once more, removes it, and waits for the end of its jobs.
   *
   * @returns what is wrong: no job came in a minute
   */
  async finish(): Promise<string[]> {
    const runsOn = await this.#untilNext();
    await removeSchedule(this.#deployment.queues.queue("monitor"), ID);
    this.#isStopping = true;
    await this.#looks;
    await this.#followNew();
    this.#workload.counts.scheduled.submitted = this.#followed.size;
    await Promise.all(this.#followed.values());
    return runsOn ? [] : [`schedule ${ID} made no job in ${RUNS_ON_MS / 1_000} s`];
  }

  async #look(): Promise<void> {
    // Redis may be away; the next look finds what this one did not.
    for (; !this.#isStopping; await delay(LOOK_MS)) await this.#followNew().catch(() => undefined);
  }

  /** A job that is not begun is none yet: the next one waits for its time. */
  async #followNew(): Promise<void> {
    for (const id of await this.#begun())
      if (!this.#followed.has(id)) this.#followed.set(id, this.#workload.settle(this.#order, id));
  }

  /** @returns whether a job has begun whose time is after this call */
  async #untilNext(): Promise<boolean> {
    const from = Date.now();
    const isNext = (tick: number) => tick >= from && tick <= Date.now();
    for (; Date.now() - from < RUNS_ON_MS; await delay(LOOK_MS)) {
      if ((await this.#begun()).some((id) => isNext(Number(id.split(":").at(-1))))) return true;
    }
    return false;
  }

  async #begun(): Promise<string[]> {
    const jobs = await this.#deployment.queues.queue("monitor").getJobs(["active", "completed", "failed"]);
    return jobs.map((job) => job.id!).filter((id) => id.startsWith(`repeat:${ID}:`));
  }
}
