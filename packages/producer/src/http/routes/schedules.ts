import { SCHEDULABLE_QUEUES, type SchedulableQueue } from "@colaml/shared/contracts/catalogue";
import type { MonitorJob } from "@colaml/shared/contracts/monitor";
import { modelNameOf } from "@colaml/shared/contracts/names";
import { checkJobOutputs } from "@colaml/shared/outputs/job-outputs";
import { scheduleMaker } from "@colaml/shared/outputs/report-output";
import { type Schedule, scheduleFields } from "@colaml/shared/queue/schedules";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checkedPayload, requestPayload } from "../../submit/payloads";
import {
  allSchedules,
  changeSchedule,
  dropSchedule,
  findSchedule,
  putSchedule,
} from "../../submit/schedule-control";
import { promptly } from "../../submit/submit-job";
import { answeredPayload, relativeTo } from "../answer-paths";
import { bodyOf } from "../json-body";
import { answer, byId, component, list, type Operation, refused, takes } from "../openapi/operation";
import { closedPlaces, confinePaths, makeOutputFolders } from "../request-paths";
import type { Service } from "../service";

/** Body of `POST /schedules`: when, and the payload of the jobs that come. */
const scheduleRequestSchema = z.strictObject({
  queue: z.enum(SCHEDULABLE_QUEUES),
  ...scheduleFields,
  payload: z.looseObject({}),
});

const listQuerySchema = z.strictObject({ queue: z.enum(SCHEDULABLE_QUEUES).optional() });

const makerOf = (schedule: string, job: object) =>
  scheduleMaker(schedule, modelNameOf((job as MonitorJob).model));

const schedule = component("the schedule", "Schedule");
const removed = answer("it is removed", {
  type: "object",
  required: ["id", "removed"],
  properties: { id: { type: "string" }, removed: { const: true } },
});
const change = (operationId: string, summary: string): Operation => ({
  operationId,
  summary,
  ...byId,
  responses: { "200": schedule, ...refused },
});

const OPERATIONS = {
  list: {
    operationId: "listSchedules",
    summary: "Schedules, by the time they run next; paused ones last",
    parameters: [{ name: "queue", in: "query", schema: { enum: SCHEDULABLE_QUEUES } }],
    responses: { "200": list("schedules", "Schedule"), ...refused },
  },
  show: change("getSchedule", "One schedule"),
  add: {
    operationId: "putSchedule",
    summary: "Add a schedule, or change the one of the same id",
    ...takes(scheduleRequestSchema, {
      queue: "monitor",
      id: "hourly",
      every: "1h",
      payload: { input: { path: "labelled.csv" } },
    }),
    responses: { "201": schedule, ...refused },
  },
  remove: {
    operationId: "removeSchedule",
    summary: "Remove a schedule",
    ...byId,
    responses: { "200": removed, ...refused },
  },
  pause: change("pauseSchedule", "Keep a schedule, but let it make no jobs"),
  resume: change("resumeSchedule", "Resume a paused schedule"),
} satisfies Record<string, Operation>;

interface ById {
  Params: { id: string };
}

/**
 * `GET|POST /schedules`, `GET|DELETE /schedules/:id`, `POST /schedules/:id/{pause,resume}`. Changing needs `admin`: what a
 * schedule does continues after the person who set it up has gone.
 */
export function addScheduleRoutes(server: FastifyInstance, { config, queues, dataDir, log }: Service): void {
  const closed = closedPlaces(config);
  const relative = relativeTo(dataDir);
  const shown = (schedule: Schedule): Schedule => ({
    ...schedule,
    payload: answeredPayload(schedule.queue as SchedulableQueue, schedule.payload, relative),
  });
  server.get("/schedules", { config: { role: "read", operation: OPERATIONS.list } }, async ({ query }) => {
    const { queue } = checkedPayload(listQuerySchema, query);
    const schedules = await promptly(queues, allSchedules(queues));
    return { schedules: schedules.filter((one) => queue === undefined || one.queue === queue).map(shown) };
  });
  server.get<ById>(
    "/schedules/:id",
    { config: { role: "read", operation: OPERATIONS.show } },
    async ({ params }) => shown(await promptly(queues, findSchedule(queues, params.id))),
  );
  server.post(
    "/schedules",
    { config: { role: "admin", operation: OPERATIONS.add } },
    async (request, reply) => {
      const { queue, payload, ...times } = checkedPayload(scheduleRequestSchema, bodyOf(request));
      const job = requestPayload(queue, config, confinePaths(queue, payload, dataDir, closed));
      await makeOutputFolders(queue, job, dataDir, closed);
      await checkJobOutputs(queue, job, queue === "monitor" ? makerOf(times.id, job) : undefined);
      const schedule = await promptly(queues, putSchedule(queues, queue, times, job));
      log.info("schedule added", { schedule: schedule.id, queue });
      return reply.code(201).header("location", `/schedules/${schedule.id}`).send(shown(schedule));
    },
  );
  server.delete<ById>(
    "/schedules/:id",
    { config: { role: "admin", operation: OPERATIONS.remove } },
    ({ params }) => promptly(queues, dropSchedule(queues, params.id)),
  );
  for (const change of ["pause", "resume"] as const) {
    server.post<ById>(
      `/schedules/:id/${change}`,
      { config: { role: "admin", operation: OPERATIONS[change] } },
      async ({ params }) => shown(await promptly(queues, changeSchedule(queues, params.id, change))),
    );
  }
}
