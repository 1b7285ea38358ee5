import type { FastifyInstance } from "fastify";
import { cancelJob } from "../../submit/cancel-job";
import { listJobs, retryJob } from "../../submit/job-control";
import { promptly } from "../../submit/submit-job";
import type { Service } from "../service";

/** Jobs a queue and state in a list, at most. */
const MAX_LISTED = 100;

interface ById {
  Params: { id: string };
}

/** `GET /jobs`, `GET|DELETE /jobs/:id`, `POST /jobs/:id/{cancel,retry}`. */
export function addJobRoutes(server: FastifyInstance, { queues }: Service): void {
  server.get<{ Querystring: { limit?: string } }>("/jobs", { config: { role: "read" } }, async (request) => {
    const limit = Number(request.query.limit ?? 20);
    const bounded = Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_LISTED) : 20;
    return { jobs: await promptly(queues, listJobs(queues, bounded)) };
  });
  server.get<ById>("/jobs/:id", { config: { role: "read" } }, (request) =>
    promptly(queues, queues.view(request.params.id)),
  );
  server.delete<ById>("/jobs/:id", { config: { role: "submit" } }, async (request, reply) =>
    reply.code(202).send(await promptly(queues, cancelJob(queues, request.params.id))),
  );
  server.post<ById>("/jobs/:id/cancel", { config: { role: "submit" } }, async (request, reply) =>
    reply.code(202).send(await promptly(queues, cancelJob(queues, request.params.id))),
  );
  server.post<ById>("/jobs/:id/retry", { config: { role: "submit" } }, async (request, reply) =>
    reply.code(202).send(await promptly(queues, retryJob(queues, request.params.id))),
  );
}
