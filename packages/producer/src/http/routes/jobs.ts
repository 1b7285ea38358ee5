import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { cancelJob } from "../../submit/cancel-job";
import { retryJob } from "../../submit/job-control";
import { FILTER_NAMES, LISTED_STATES, parseJobFilter } from "../../submit/job-filter";
import { LOG_LIMIT, readJobLog } from "../../submit/job-log-lines";
import { readResult } from "../../submit/job-result";
import { listJobs } from "../../submit/list-jobs";
import { checkedPayload } from "../../submit/payloads";
import { promptly } from "../../submit/submit-job";
import { withReasons } from "../../submit/waiting-reason";
import { answeredJob, answeredResult, relativeTo } from "../answer-paths";
import { answer, byIdLike, component, type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

const text = { type: "string" };
const oneOrMore = (names: readonly string[]) => ({ type: "array", items: { type: "string", enum: names } });
const PARAMETERS: Record<(typeof FILTER_NAMES)[number], { description: string; schema: object }> = {
  queue: {
    description: "Jobs of these queues; absent: of those that people put jobs on",
    schema: oneOrMore(QUEUE_NAMES),
  },
  state: { description: "Jobs in these states", schema: oneOrMore(LISTED_STATES) },
  model: { description: "Jobs that train, use or are about this registered model", schema: text },
  since: { description: "Jobs added since: a time, or how long ago, such as 2h or 7d", schema: text },
  limit: {
    description: "Jobs of a page",
    schema: { type: "integer", minimum: 1, maximum: 100, default: 20 },
  },
  cursor: { description: "`next` of the page before", schema: text },
};

const byId = byIdLike("predict-0d4be7710c");
const cancelling = (operationId: string): Operation => ({
  operationId,
  summary: "Cancel a job",
  ...byId,
  responses: { "202": component("it is off its queue, or is being ended", "Cancelled"), ...refused },
});
const OPERATIONS = {
  list: {
    operationId: "listJobs",
    summary: "Jobs by the time they were added, newest first, without results",
    parameters: FILTER_NAMES.map((name) => ({ name, in: "query", explode: false, ...PARAMETERS[name] })),
    responses: { "200": component("a page of jobs", "JobPage"), ...refused },
  },
  show: {
    operationId: "getJob",
    summary: "State, progress, result or reason of a job",
    ...byId,
    responses: { "200": component("the job", "Job"), ...refused },
  },
  result: {
    operationId: "getJobResult",
    summary: "What a finished job returned; 409 NO_RESULT for one that has not ended, or failed",
    ...byId,
    responses: {
      "200": answer("the result, as the queue's contract has it", { type: ["object", "null"] }),
      ...refused,
    },
    also: [409],
  },
  logs: {
    operationId: "getJobLogs",
    summary: "The main steps of a job as its workers wrote them down, oldest first",
    parameters: [
      ...byId.parameters,
      {
        name: "limit",
        in: "query",
        description: "Lines at most: the last ones",
        schema: { type: "integer", minimum: 1, maximum: LOG_LIMIT, default: LOG_LIMIT },
      },
    ],
    responses: { "200": component("the last lines", "JobLog"), ...refused },
  },
  cancel: cancelling("cancelJob"),
  delete: cancelling("deleteJob"),
  retry: {
    operationId: "retryJob",
    summary: "Put a failed job back on its queue",
    ...byId,
    responses: { "202": component("the job", "Job"), ...refused },
  },
} satisfies Record<string, Operation>;

const logQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LOG_LIMIT).default(LOG_LIMIT),
});

interface ById {
  Params: { id: string };
}

/**
 * `GET /jobs`, `GET|DELETE /jobs/:id`, `GET /jobs/:id/{result,logs}`, `POST /jobs/:id/{cancel,retry}`. An id that holds a slash
 * or a space is percent-encoded in the path.
 */
export function addJobRoutes(server: FastifyInstance, { queues, dataDir }: Service): void {
  const relative = relativeTo(dataDir);
  server.get("/jobs", { config: { role: "read", operation: OPERATIONS.list } }, async ({ query }) => {
    const filter = parseJobFilter(query as Record<string, unknown>, Date.now());
    const { jobs, ...rest } = await promptly(queues, listJobs(queues, filter));
    const explained = await promptly(queues, withReasons(queues, jobs));
    return { jobs: explained.map((job) => answeredJob(job, relative)), ...rest };
  });
  server.get<ById>(
    "/jobs/:id",
    { config: { role: "read", operation: OPERATIONS.show } },
    async ({ params }) => {
      const view = await promptly(queues, queues.view(params.id));
      const [job] = await promptly(queues, withReasons(queues, [view]));
      return answeredJob(job!, relative);
    },
  );
  server.get<ById>(
    "/jobs/:id/result",
    { config: { role: "read", operation: OPERATIONS.result } },
    async ({ params }) => {
      const { queue, result } = await promptly(queues, readResult(queues, params.id));
      return answeredResult(queue, result, relative);
    },
  );
  server.get<ById>(
    "/jobs/:id/logs",
    { config: { role: "read", operation: OPERATIONS.logs } },
    async ({ params, query }) => {
      const { limit } = checkedPayload(logQuerySchema, query);
      return promptly(queues, readJobLog(queues, params.id, limit));
    },
  );
  server.delete<ById>(
    "/jobs/:id",
    { config: { role: "submit", operation: OPERATIONS.delete } },
    async ({ params }, reply) => reply.code(202).send(await promptly(queues, cancelJob(queues, params.id))),
  );
  server.post<ById>(
    "/jobs/:id/cancel",
    { config: { role: "submit", operation: OPERATIONS.cancel } },
    async ({ params }, reply) => reply.code(202).send(await promptly(queues, cancelJob(queues, params.id))),
  );
  server.post<ById>(
    "/jobs/:id/retry",
    { config: { role: "submit", operation: OPERATIONS.retry } },
    async ({ params }, reply) =>
      reply.code(202).send(answeredJob(await promptly(queues, retryJob(queues, params.id)), relative)),
  );
}
