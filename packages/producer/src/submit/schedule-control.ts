import { SCHEDULABLE_QUEUES, type SchedulableQueue } from "@colaml/shared/contracts/catalogue";
import type { PredictJob } from "@colaml/shared/contracts/predict";
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
 * @throws ColaError USAGE on a wrong id, interval, cron pattern or time zone, for an id that another queue has, and for
 *   a prediction that could run only once
 */
export async function putSchedule(
  queues: JobQueues,
  queue: SchedulableQueue,
  input: ScheduleInput,
  payload: object,
): Promise<Schedule> {
  if (queue === "predict") checkRepeatable(payload as PredictJob);
  const other = (await allSchedules(queues)).find(({ id }) => id === input.id);
  if (other && other.queue !== queue) {
    throw new ColaError(
      "USAGE",
      `schedule ${input.id}: there is one of this id on queue ${other.queue}: choose another id or remove it first`,
    );
  }
  return addSchedule(queues.queue(queue), input, payload);
}

/** Each job of the schedule writes the same file again. @throws ColaError USAGE */
function checkRepeatable({ texts, force }: PredictJob): void {
  if (texts !== undefined)
    throw new ColaError(
      "USAGE",
      "a schedule of predict needs a file: the predictions of texts are only in the job",
    );
  if (force) return;
  throw new ColaError(
    "USAGE",
    "a schedule of predict needs force (true): each of its jobs replaces the output of the one before",
  );
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
  const { queue } = await findSchedule(queues, id);
  return queues.queue(SCHEDULABLE_QUEUES.find((name) => name === queue)!);
}

/** @throws ColaError JOB_NOT_FOUND naming the schedules there are */
export async function findSchedule(queues: JobQueues, id: string): Promise<Schedule> {
  const schedules = await allSchedules(queues);
  const found = schedules.find((schedule) => schedule.id === id);
  if (found) return found;
  const known = schedules.map((schedule) => schedule.id).join(", ") || "none";
  throw new ColaError(
    "JOB_NOT_FOUND",
    `no schedule ${JSON.stringify(id.slice(0, 140))}; there are: ${known}`,
  );
}
