import type { FastifyInstance } from "fastify";
import { cancelJob } from "../../submit/cancel-job";
import { listJobs, retryJob } from "../../submit/job-control";
import { promptly } from "../../submit/submit-job";
import { byId, component, type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

/** Jobs a queue and state in a list, at most. */
const MAX_LISTED = 100;

const action = (summary: string): Operation => ({
  summary,
  ...byId,
  responses: { "202": { description: "it is being done" }, ...refused },
});

interface ById {
  Params: { id: string };
}

/** `GET /jobs`, `GET|DELETE /jobs/:id`, `POST /jobs/:id/{cancel,retry}`. */
export function addJobRoutes(server: FastifyInstance, { queues }: Service): void {
  server.get<{ Querystring: { limit?: string } }>(
    "/jobs",
    {
      config: {
        role: "read",
        operation: {
          summary: "The latest jobs",
          responses: { "200": { description: "the jobs" }, ...refused },
        },
      },
    },
    async (request) => {
      const limit = Number(request.query.limit ?? 20);
      const bounded = Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_LISTED) : 20;
      return { jobs: await promptly(queues, listJobs(queues, bounded)) };
    },
  );
  server.get<ById>(
    "/jobs/:id",
    {
      config: {
        role: "read",
        operation: {
          summary: "State, progress, result or reason of a job",
          ...byId,
          responses: { "200": component("the job", "Job"), ...refused },
        },
      },
    },
    (request) => promptly(queues, queues.view(request.params.id)),
  );
  server.delete<ById>(
    "/jobs/:id",
    { config: { role: "submit", operation: action("Cancel a job") } },
    async (request, reply) =>
      reply.code(202).send(await promptly(queues, cancelJob(queues, request.params.id))),
  );
  server.post<ById>(
    "/jobs/:id/cancel",
    { config: { role: "submit", operation: action("Cancel a job") } },
    async (request, reply) =>
      reply.code(202).send(await promptly(queues, cancelJob(queues, request.params.id))),
  );
  server.post<ById>(
    "/jobs/:id/retry",
    { config: { role: "submit", operation: action("Put a failed job back on its queue") } },
    async (request, reply) =>
      reply.code(202).send(await promptly(queues, retryJob(queues, request.params.id))),
  );
}
