import type { FastifyInstance } from "fastify";
import { drainQueue } from "../../submit/drain-queue";
import { pauseQueue, queueOverview, queueOverviews, resumeQueue } from "../../submit/queue-overview";
import { promptly } from "../../submit/submit-job";
import { component, list, type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

const byName = {
  parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" }, example: "predict" }],
};

const one = (operationId: string, summary: string): Operation => ({
  operationId,
  summary,
  ...byName,
  responses: { "200": component("the queue", "Queue"), ...refused },
});

const OPERATIONS = {
  list: {
    operationId: "listQueues",
    summary: "All queues",
    responses: { "200": list("queues", "Queue"), ...refused },
  },
  show: one("getQueue", "One queue: jobs by state, its workers, and since when the next job waits"),
  pause: one("pauseQueue", "Let workers take nothing more from a queue"),
  resume: one("resumeQueue", "Let workers take jobs from a paused queue again"),
  drain: {
    operationId: "drainQueue",
    summary: "Take off a queue what has not begun; what running jobs wait for stays",
    ...byName,
    responses: { "200": component("what became of its jobs", "Drained"), ...refused },
  },
} satisfies Record<string, Operation>;

interface ByName {
  Params: { name: string };
}

/** `GET /queues`, `GET /queues/:name`, `POST /queues/:name/{pause,resume,drain}`. Changing needs `admin`. */
export function addQueueRoutes(server: FastifyInstance, { queues, log }: Service): void {
  server.get("/queues", { config: { role: "read", operation: OPERATIONS.list } }, async () => ({
    queues: await promptly(queues, queueOverviews(queues)),
  }));
  server.get<ByName>(
    "/queues/:name",
    { config: { role: "read", operation: OPERATIONS.show } },
    ({ params }) => promptly(queues, queueOverview(queues, params.name)),
  );
  for (const [action, run] of [
    ["pause", pauseQueue],
    ["resume", resumeQueue],
  ] as const) {
    server.post<ByName>(
      `/queues/:name/${action}`,
      { config: { role: "admin", operation: OPERATIONS[action] } },
      async ({ params }) => {
        const overview = await promptly(queues, run(queues, params.name));
        log.info(`queue ${action === "pause" ? "paused" : "resumed"}`, { queue: overview.queue });
        return overview;
      },
    );
  }
  server.post<ByName>(
    "/queues/:name/drain",
    { config: { role: "admin", operation: OPERATIONS.drain } },
    async ({ params }) => {
      const drained = await promptly(queues, drainQueue(queues, params.name));
      const { kept, ...counts } = drained;
      log.info("queue drained", {
        ...counts,
        kept: Object.values(kept).reduce((sum, count) => sum + count, 0),
      });
      return drained;
    },
  );
}
