import { setTimeout as delay } from "node:timers/promises";
import { removeSchedule } from "@colaml/shared/queue/schedules";
import type { Deployment } from "./deployment";
import { checkOrder } from "./jobs";
import type { Workload } from "./workload";
import type { World } from "./world";

const ID = "while-all-fails";
const LEAST_EVERY_S = 5;
/** Below the 200 jobs of a schedule that are kept: each of them is looked at. */
const MOST_RUNS = 150;
/** A worker looks every 10 s for schedules that a wrong clock has put off. */
const RUNS_ON_MS = 60_000;
const BEGUN = ["active", "completed", "failed"] as const;
const ALL = [...BEGUN, "waiting", "delayed", "prioritized"] as const;

/** Lets checks come by themselves while everything fails. */
export async function addScheduledChecks(
  deployment: Deployment,
  world: World,
  minutes: number,
): Promise<void> {
  const { queue, payload } = checkOrder("scheduled", deployment, world, true);
  const every = `${Math.ceil(Math.max(LEAST_EVERY_S, (minutes * 60) / MOST_RUNS))}s`;
  const response = await fetch(`${deployment.api}/schedules`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: ID, queue, every, payload }),
  });
  if (!response.ok) throw new Error(`the schedule was not added: ${await response.text()}`);
}

/**
 * Waits until the schedule has run once more, removes it, and has its jobs followed to their end as those that somebody
 * submits.
 *
 * @returns what is wrong: no job came in a minute
 */
export async function settleScheduledChecks(
  deployment: Deployment,
  workload: Workload,
  world: World,
): Promise<string[]> {
  const runsOn = await untilNext(deployment);
  await removeSchedule(deployment.queues.queue("monitor"), ID);
  const order = checkOrder("scheduled", deployment, world, true);
  const ids = await idsOf(deployment, ALL);
  workload.counts.scheduled.submitted = ids.length;
  await Promise.all(ids.map((id) => workload.settle(order, id)));
  return runsOn ? [] : [`schedule ${ID} made no job in ${RUNS_ON_MS / 1_000} s`];
}

/** @returns whether a job came whose time is after this call */
async function untilNext(deployment: Deployment): Promise<boolean> {
  const from = Date.now();
  const isNext = (tick: number) => tick >= from && tick <= Date.now();
  for (; Date.now() - from < RUNS_ON_MS; await delay(200)) {
    if ((await idsOf(deployment, BEGUN)).some((id) => isNext(Number(id.split(":").at(-1))))) return true;
  }
  return false;
}

async function idsOf({ queues }: Deployment, states: typeof BEGUN | typeof ALL): Promise<string[]> {
  const jobs = await queues.queue("monitor").getJobs([...states]);
  return jobs.map((job) => job.id!).filter((id) => id.startsWith(`repeat:${ID}:`));
}
