import type { Queue } from "bullmq";
import { CronExpressionParser } from "cron-parser";
import { z } from "zod";
import { parseDuration } from "../contracts/alert-rules";
import { ColaError } from "../errors/cola-error";
import { safeName } from "../settings/safe-name";
import { isUnreadable } from "./stored-jobs";

/**
 * A paused schedule keeps its place in Redis, but starts in a year no worker will see: BullMQ has no pause of
 * its own, and removing it would forget its payload.
 */
const PAUSED_UNTIL = Date.UTC(2100, 0, 1);
/** Shorter intervals are a mistake more often than a wish. */
const LEAST_INTERVAL_MS = 1_000;

/** When a schedule runs: every so often, or by a cron pattern (five fields, or six with seconds). */
export const scheduleFields = {
  id: safeName,
  every: z.string().max(32).optional(),
  cron: z.string().max(256).optional(),
  /** IANA name, for `cron`. */
  timezone: z.string().max(64).default("UTC"),
};

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const scheduleSchema = z
  .strictObject(scheduleFields)
  .refine((schedule) => (schedule.every === undefined) !== (schedule.cron === undefined), {
    error: "give either every or cron",
  })
  .refine(({ cron }) => cron === undefined || /^\s*(\S+\s+){4,5}\S+\s*$/.test(cron), {
    error: "cron: allowed are five fields, or six with seconds, such as 0 3 * * *",
  })
  .refine(({ timezone }) => isTimezone(timezone), {
    error: (issue) =>
      `timezone ${JSON.stringify((issue.input as { timezone: string }).timezone)}: allowed is an IANA name, such as Europe/Madrid`,
  })
  .refine(({ every }) => every === undefined || (parseDuration(every) ?? 0) >= LEAST_INTERVAL_MS, {
    error: "every: allowed is a number and s, m, h or d, at least 1s, such as 1h",
  });
export type ScheduleInput = z.input<typeof scheduleSchema>;

/** One schedule as it is listed. */
export interface Schedule {
  id: string;
  /** The queue its jobs go to. */
  queue: string;
  everyMs?: number;
  cron?: string;
  timezone?: string;
  /** ISO 8601; absent while paused. */
  next?: string;
  paused: boolean;
  payload: unknown;
}

/**
 * Adds a schedule, or changes the one of the same id, and resumes it if it was paused. A worker that was down for several
 * ticks catches up with one job, and each tick makes one job however many workers there are: its id is the schedule and
 * the tick.
 *
 * @param payload of the jobs; already checked by the queue's schema
 * @throws ColaError USAGE on a wrong id, interval, cron pattern or time zone
 */
export async function addSchedule(queue: Queue, input: ScheduleInput, payload: object): Promise<Schedule> {
  const parsed = scheduleSchema.safeParse(input);
  if (!parsed.success) {
    throw new ColaError("USAGE", `schedule ${input.id}: ${parsed.error.issues[0]!.message}`);
  }
  const { id, every, cron, timezone } = parsed.data;
  const times = every === undefined ? { pattern: cron!, tz: timezone } : { every: parseDuration(every)! };
  try {
    await queue.upsertJobScheduler(id, times, { name: queue.name, data: payload });
  } catch (cause) {
    if (cron === undefined) throw cause;
    throw new ColaError("USAGE", `schedule ${id}: cron ${JSON.stringify(cron)} is not a cron pattern`, {
      cause,
    });
  }
  await pullForward(queue, await findSchedule(queue, id));
  return await findSchedule(queue, id);
}

/** All schedules of a queue, by the time they run next; paused ones last. Of one that cannot be read there is only its id. */
export async function listSchedules(queue: Queue): Promise<Schedule[]> {
  try {
    return (await queue.getJobSchedulers(0, -1, true)).map((stored) => toSchedule(queue, stored));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return await listOneByOne(queue);
  }
}

/** BullMQ lists all or none: one whose payload another program wrote, not as JSON, would hide the others. */
async function listOneByOne(queue: Queue): Promise<Schedule[]> {
  const pairs = await queue.getBackend().getJobSchedulersRange(0, -1, true);
  const ids = pairs.filter((_, place) => place % 2 === 0);
  const read = async (id: string): Promise<Schedule[]> => {
    const stored = await readStored(queue, id);
    if (stored === "unreadable") return [{ id, queue: queue.name, paused: false, payload: null }];
    return stored ? [toSchedule(queue, stored)] : [];
  };
  return (await Promise.all(ids.map(read))).flat();
}

/** @throws ColaError JOB_NOT_FOUND naming the schedules there are; USAGE if it has no times */
export async function pauseSchedule(queue: Queue, id: string): Promise<Schedule> {
  return await restart(queue, id, PAUSED_UNTIL);
}

/** Resumes a paused schedule: its next time is counted from now. @throws ColaError JOB_NOT_FOUND; USAGE if it has no times */
export async function resumeSchedule(queue: Queue, id: string): Promise<Schedule> {
  return await restart(queue, id, undefined);
}

/** @throws ColaError JOB_NOT_FOUND */
export async function removeSchedule(queue: Queue, id: string): Promise<void> {
  if (!(await queue.removeJobScheduler(id))) throw await notFound(queue, id);
}

/**
 * Sets schedules right whose next run is further away than their times allow: a clock that was ahead when it was planned
 * would silence them until then.
 *
 * @param now milliseconds since 1970
 * @returns ids of the schedules that were set right: their next time is counted from now
 */
export async function pullSchedulesForward(queue: Queue, now = Date.now()): Promise<string[]> {
  const moved: string[] = [];
  for (const schedule of await listSchedules(queue))
    if (await pullForward(queue, schedule, now)) moved.push(schedule.id);
  return moved;
}

/** Clocks of two machines differ a little. */
const SLACK_MS = 1_000;

async function pullForward(queue: Queue, schedule: Schedule, now = Date.now()): Promise<boolean> {
  if (schedule.next === undefined) return false;
  const latest = schedule.everyMs === undefined ? nextByCron(schedule, now) : now + schedule.everyMs;
  if (latest === undefined || Date.parse(schedule.next) <= latest + SLACK_MS) return false;
  await putAgain(queue, schedule, undefined);
  return true;
}

/** Undefined for a pattern that is none: another program wrote it, and it must not hold up the others. */
function nextByCron({ cron, timezone }: Schedule, now: number): number | undefined {
  if (cron === undefined) return undefined;
  try {
    return CronExpressionParser.parse(cron, { currentDate: now, tz: timezone ?? "UTC" })
      .next()
      .getTime();
  } catch {
    return undefined;
  }
}

async function findSchedule(queue: Queue, id: string): Promise<Schedule> {
  const stored = await readStored(queue, id);
  if (stored === "unreadable") throw remedy(`what schedule ${id} holds is no schedule's`);
  if (!stored) throw await notFound(queue, id);
  return toSchedule(queue, stored);
}

const remedy = (what: string) => new ColaError("USAGE", `${what}: remove it and add it again`);

async function readStored(queue: Queue, id: string): Promise<StoredSchedule | "unreadable" | undefined> {
  try {
    return await queue.getJobScheduler(id);
  } catch (error) {
    if (isUnreadable(error)) return "unreadable";
    throw error;
  }
}

async function restart(queue: Queue, id: string, startDate: number | undefined): Promise<Schedule> {
  const schedule = await findSchedule(queue, id);
  if (schedule.paused === (startDate !== undefined)) return schedule;
  // It is removed and put again: one that BullMQ would not take must not be lost.
  if (schedule.everyMs === undefined && nextByCron(schedule, Date.now()) === undefined)
    throw remedy(`schedule ${id} has neither an interval nor a cron pattern`);
  await putAgain(queue, schedule, startDate);
  return await findSchedule(queue, id);
}

/** Removed first: an update keeps the time of the job that is already delayed. */
async function putAgain(
  queue: Queue,
  { id, payload, everyMs, cron, timezone }: Schedule,
  startDate: number | undefined,
): Promise<void> {
  const times = everyMs === undefined ? { pattern: cron!, tz: timezone ?? "UTC" } : { every: everyMs };
  const template = { name: queue.name, data: payload };
  await queue.removeJobScheduler(id);
  await queue.upsertJobScheduler(id, startDate === undefined ? times : { ...times, startDate }, template);
}

type StoredSchedule = Awaited<ReturnType<Queue["getJobSchedulers"]>>[number];

function toSchedule(queue: Queue, stored: StoredSchedule): Schedule {
  const paused = stored.startDate !== undefined && Number(stored.startDate) >= PAUSED_UNTIL;
  const next = new Date(Number(stored.next ?? Number.NaN));
  return {
    id: stored.key,
    queue: queue.name,
    ...(Number(stored.every) > 0 ? { everyMs: Number(stored.every) } : {}),
    ...(stored.pattern === undefined ? {} : { cron: stored.pattern, timezone: stored.tz ?? "UTC" }),
    ...(paused || Number.isNaN(next.getTime()) ? {} : { next: next.toISOString() }),
    paused,
    payload: stored.template?.data,
  };
}

async function notFound(queue: Queue, id: string): Promise<ColaError> {
  const known = (await listSchedules(queue)).map((schedule) => schedule.id);
  return new ColaError(
    "JOB_NOT_FOUND",
    `no schedule ${JSON.stringify(id)} on queue ${queue.name}; there are: ${known.join(", ") || "none"}`,
  );
}
