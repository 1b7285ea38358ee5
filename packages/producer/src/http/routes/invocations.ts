import type { PredictResult, TextPrediction } from "@colaml/shared/contracts/predict";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checkedPayload, predictPayload } from "../../submit/payloads";
import { submitJob } from "../../submit/submit-job";
import { waitForJob } from "../../submit/wait-for-job";
import { answer, type Operation, refused, takes } from "../openapi/operation";
import type { Service } from "../service";

/** A caller that waits for an answer gets one after this long: the job is still running. */
const ANSWER_TIMEOUT_MS = 30_000;
const POLL_MS = 25;

const cell = z.unknown();
/** MLflow's scoring bodies: exactly one of them. */
const bodySchema = z.union([
  z.strictObject({
    dataframe_split: z.object({ columns: z.array(z.string()), data: z.array(z.array(cell)) }),
    params: z.unknown().optional(),
  }),
  z.strictObject({ dataframe_records: z.array(z.record(z.string(), cell)), params: z.unknown().optional() }),
  z.strictObject({ inputs: z.array(cell), params: z.unknown().optional() }),
  z.strictObject({ instances: z.array(cell), params: z.unknown().optional() }),
]);

const OPERATION: Operation = {
  summary: "Score texts by MLflow's protocol, and wait for the answer",
  ...takes(bodySchema),
  responses: {
    "200": answer("the predictions", {
      type: "object",
      properties: { predictions: { type: "array" }, modelVersion: { type: "string" } },
    }),
    ...refused,
  },
};

/** `POST /invocations`: MLflow's scoring protocol; the texts go through the queue like any other job. */
export function addInvocationsRoute(server: FastifyInstance, { config, queues }: Service): void {
  server.post("/invocations", { config: { role: "submit", operation: OPERATION } }, async (request) => {
    const texts = textsOf(request.body, config.columns.text);
    const { id } = await submitJob(queues, { queue: "predict", payload: predictPayload(config, { texts }) });
    const view = await waitForJob(queues, `predict/${id}`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      pollMs: POLL_MS,
    }).catch((error: unknown) => {
      if (error instanceof ColaError) throw error;
      throw new ColaError(
        "JOB_FAILED",
        `no answer within ${ANSWER_TIMEOUT_MS / 1000} s: GET /jobs/${id} shows the job`,
      );
    });
    if (view.error) throw new ColaError(view.error.error_code, view.error.message);
    const { predictions, modelVersion } = view.result as PredictResult;
    return { predictions: predictions?.map(inMlflowForm), modelVersion };
  });
}

/** What MLflow's protocol has a place for: the answer of a job holds more. */
function inMlflowForm({ label, probabilities, explanation }: TextPrediction) {
  return { label, probabilities, ...(explanation && { explanation }) };
}

/** @throws ColaError JOB_INVALID naming the forms that are allowed */
export function textsOf(body: unknown, column: string): string[] {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    throw new ColaError(
      "JOB_INVALID",
      "allowed is one of dataframe_split, dataframe_records, inputs, instances, as MLflow takes them",
    );
  }
  return checkedPayload(z.array(z.string()), cellsOf(parsed.data, column)) as string[];
}

function cellsOf(body: z.infer<typeof bodySchema>, column: string): unknown[] {
  if ("dataframe_split" in body) {
    const at = body.dataframe_split.columns.indexOf(column);
    if (at < 0)
      throw new ColaError("COLUMN_NOT_FOUND", `dataframe_split has no column ${JSON.stringify(column)}`);
    return body.dataframe_split.data.map((row) => row[at]);
  }
  const cells =
    "dataframe_records" in body ? body.dataframe_records : "inputs" in body ? body.inputs : body.instances;
  return cells.map((entry) =>
    typeof entry === "object" && entry !== null && Object.hasOwn(entry, column)
      ? (entry as Record<string, unknown>)[column]
      : entry,
  );
}
