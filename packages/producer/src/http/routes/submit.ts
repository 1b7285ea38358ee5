import {
  entryOf,
  type JobOf,
  SUBMITTABLE_QUEUES,
  type SubmittableQueue,
} from "@colaml/shared/contracts/catalogue";
import type { PredictJob } from "@colaml/shared/contracts/predict";
import { textsJobOf } from "@colaml/shared/contracts/predict-texts";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { checkJobOutputs } from "@colaml/shared/outputs/job-outputs";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requestPayload } from "../../submit/payloads";
import { submitJob } from "../../submit/submit-job";
import { bodyOf } from "../json-body";
import { component, type Operation, refused, takes } from "../openapi/operation";
import { closedPlaces, confinePaths, makeOutputFolders } from "../request-paths";
import type { Service } from "../service";

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** A body of each queue that is taken if its files are there. */
const EXAMPLES: Record<SubmittableQueue, object> = {
  train: { dataset: { path: "tweets.csv" } },
  tune: { dataset: { path: "tweets.csv" }, metric: "macro_f1", minutes: 10 },
  predict: { input: { path: "new.csv" }, output: "scored.csv" },
  "predict-texts": { texts: ["my order never arrived"], explain: 3 },
  monitor: { input: { path: "labelled.csv" }, thresholds: { accuracy_score: 0.75 } },
  labels: { labels: [{ id: "1", label: "True" }] },
  compare: { challenger: "models:/modelo_nuevo/5", input: { path: "new.csv" } },
};

const submitting = (queue: SubmittableQueue): Operation => ({
  operationId: `submit-${queue}`.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
  summary: `Put a ${queue} job on its queue`,
  parameters: [
    {
      name: "Idempotency-Key",
      in: "header",
      description: "the same key and body within a day give the first job's id",
      schema: { type: "string", minLength: 1, maxLength: 255, pattern: KEY_PATTERN.source },
    },
  ],
  ...takes(entryOf(queue).schema, EXAMPLES[queue]),
  responses: {
    "202": {
      ...component("the job is on its queue, or the same request came before", "Accepted"),
      headers: { Location: { schema: { type: "string" } } },
    },
    ...refused,
  },
});

/** Other paths of a queue: what comes in by itself, from a system that knows of no jobs, is sent to its noun. */
const SHORT_PATHS: Partial<Record<SubmittableQueue, { path: string; operationId: string }>> = {
  labels: { path: "/labels", operationId: "addLabels" },
};

/** `POST /jobs/{queue}`, `POST /labels`: 202 with the job's id and place; 200 when the same request came before. */
export function addSubmitRoutes(server: FastifyInstance, service: Service): void {
  for (const asked of SUBMITTABLE_QUEUES) {
    const submit = async (request: FastifyRequest, reply: FastifyReply) => {
      const body = bodyOf(request);
      const closed = closedPlaces(service.config);
      const wish = confinePaths(asked, body, service.dataDir, closed);
      const { queue, payload } = onItsQueue(asked, requestPayload(asked, service.config, wish));
      const key = idempotencyKey(request.headers["idempotency-key"]);
      const submitted = await submitJob(service.queues, {
        queue,
        payload,
        check: async () => {
          await makeOutputFolders(queue, payload, service.dataDir, closed);
          await checkJobOutputs(queue, payload);
        },
        ...(key === undefined ? {} : { idempotencyKey: key }),
      });
      service.log.info(submitted.isNew ? "job submitted" : "job submitted before", {
        jobId: submitted.id,
        queue,
      });
      return reply
        .code(202)
        .header("location", `/jobs/${submitted.id}`)
        .send({ id: submitted.id, queue, status: `/jobs/${submitted.id}` });
    };
    const operation = submitting(asked);
    server.post(`/jobs/${asked}`, { config: { role: "submit", operation } }, submit);
    const short = SHORT_PATHS[asked];
    if (short === undefined) continue;
    const { path, operationId } = short;
    server.post(path, { config: { role: "submit", operation: { ...operation, operationId } } }, submit);
  }
}

/** Texts in a `predict` request go to the queue of texts: they do not wait behind files. */
function onItsQueue(asked: SubmittableQueue, payload: JobOf<SubmittableQueue>) {
  const texts = asked === "predict" ? textsJobOf(payload as PredictJob) : undefined;
  return texts === undefined
    ? { queue: asked, payload }
    : { queue: "predict-texts" as const, payload: texts };
}

/** @throws ColaError JOB_INVALID */
function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY_PATTERN.test(header)) return header;
  throw new ColaError("JOB_INVALID", "Idempotency-Key: allowed are 1 to 255 printable ASCII characters");
}
