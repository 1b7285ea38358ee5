import { compareJobSchema } from "@colaml/shared/contracts/compare";
import { labelsJobSchema } from "@colaml/shared/contracts/labels";
import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import type { SubmittableQueue } from "@colaml/shared/contracts/queues";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { tuneJobSchema } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { checkJobOutputs } from "@colaml/shared/outputs/job-outputs";
import type { FastifyInstance } from "fastify";
import type { ZodType } from "zod";
import { checkedPayload } from "../../submit/payloads";
import { submitJob } from "../../submit/submit-job";
import { confinePaths } from "../request-paths";
import type { Service } from "../service";

/** What may be posted, and its schema: also what the OpenAPI document shows. */
export const SUBMITTABLE: ReadonlyMap<SubmittableQueue, ZodType<object>> = new Map<
  SubmittableQueue,
  ZodType<object>
>([
  ["train", trainJobSchema],
  ["tune", tuneJobSchema],
  ["predict", predictJobSchema],
  ["monitor", monitorJobSchema],
  ["labels", labelsJobSchema],
  ["compare", compareJobSchema],
]);

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** `POST /jobs/{queue}`: 202 with the job's id and place; 200 when the same request came before. */
export function addSubmitRoutes(server: FastifyInstance, service: Service): void {
  for (const [queue, schema] of SUBMITTABLE) {
    server.post(`/jobs/${queue}`, { config: { role: "submit" } }, async (request, reply) => {
      const payload = confinePaths(queue, checkedPayload(schema, request.body ?? {}), service.dataDir);
      const key = idempotencyKey(request.headers["idempotency-key"]);
      const submitted = await submitJob(service.queues, {
        queue,
        payload,
        check: () => checkJobOutputs(queue, payload),
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
    });
  }
}

/** @throws ColaError JOB_INVALID */
function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY_PATTERN.test(header)) return header;
  throw new ColaError("JOB_INVALID", "Idempotency-Key: allowed are 1 to 255 printable ASCII characters");
}
