import { SCHEDULABLE_QUEUES, type SchedulableQueue } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  type Schedule,
  type ScheduleInput,
} from "@colaml/shared/queue/schedules";
import type { Queue } from "bullmq";
import type { JobQueues } from "./job-queues";

/** The schedules of every queue, by the time they run next; paused ones last. */
export async function allSchedules(queues: JobQueues): Promise<Schedule[]> {
  const lists = await Promise.all(SCHEDULABLE_QUEUES.map((name) => listSchedules(queues.queue(name))));
  return lists.flat().sort((a, b) => (a.next ?? "9").localeCompare(b.next ?? "9"));
}

/**
 * Adds a schedule, or changes the one of the same id.
 *
 * @param payload checked by the queue's schema
 * @throws ColaError USAGE on a wrong id, interval, cron pattern or time zone, and for an id that another queue has
 */
export async function putSchedule(
  queues: JobQueues,
  queue: SchedulableQueue,
  input: ScheduleInput,
  payload: object,
): Promise<Schedule> {
  const other = (await allSchedules(queues)).find(({ id }) => id === input.id);
  if (other && other.queue !== queue) {
    throw new ColaError(
      "USAGE",
      `schedule ${input.id}: there is one of this id on queue ${other.queue}: choose another id or remove it first`,
    );
  }
  return addSchedule(queues.queue(queue), input, payload);
}

/** @throws ColaError JOB_NOT_FOUND naming the schedules there are */
export async function changeSchedule(
  queues: JobQueues,
  id: string,
  change: "pause" | "resume",
): Promise<Schedule> {
  const queue = await queueOf(queues, id);
  return change === "pause" ? pauseSchedule(queue, id) : resumeSchedule(queue, id);
}

/** @throws ColaError JOB_NOT_FOUND naming the schedules there are */
export async function dropSchedule(queues: JobQueues, id: string): Promise<{ id: string; removed: true }> {
  await removeSchedule(await queueOf(queues, id), id);
  return { id, removed: true };
}

async function queueOf(queues: JobQueues, id: string): Promise<Queue> {
  const schedules = await allSchedules(queues);
  const found = schedules.find((schedule) => schedule.id === id);
  const name = SCHEDULABLE_QUEUES.find((queue) => queue === found?.queue);
  if (name) return queues.queue(name);
  const known = schedules.map((schedule) => schedule.id).join(", ") || "none";
  throw new ColaError(
    "JOB_NOT_FOUND",
    `no schedule ${JSON.stringify(id.slice(0, 140))}; there are: ${known}`,
  );
}
