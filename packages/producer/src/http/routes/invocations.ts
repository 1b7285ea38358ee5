import type { PredictResult, TextPrediction } from "@colaml/shared/contracts/predict";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { type TextColumns, textColumnList } from "@colaml/shared/settings/text-columns";
import { joinedText } from "@colaml/shared/tables/joined-text";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { configuredColumns } from "../../submit/learning-settings";
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
  operationId: "score",
  tags: ["scoring"],
  summary: "Score texts by MLflow's protocol, and wait for the answer",
  ...takes(bodySchema, { dataframe_records: [{ text: "my order never arrived" }] }),
  also: [404],
  responses: {
    "200": answer("the predictions", {
      type: "object",
      required: ["predictions"],
      properties: {
        predictions: { type: "array", items: { type: "object" } },
        modelVersion: { type: "string" },
      },
    }),
    ...refused,
  },
};

/** `POST /invocations`: MLflow's scoring protocol; the texts go through the queue like any other job. */
export function addInvocationsRoute(server: FastifyInstance, { config, queues }: Service): void {
  server.post("/invocations", { config: { role: "submit", operation: OPERATION } }, async (request) => {
    const texts = textsOf(request.body, configuredColumns(config).text);
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
function inMlflowForm({ label, decision, probabilities, explanation }: TextPrediction) {
  return {
    label,
    ...(decision !== undefined && { decision }),
    probabilities,
    ...(explanation && { explanation }),
  };
}

/**
 * The texts of a body: of rows with the text columns, those columns joined as files have them.
 *
 * @throws ColaError JOB_INVALID naming the forms that are allowed, COLUMN_NOT_FOUND
 */
export function textsOf(body: unknown, text: TextColumns): string[] {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    throw new ColaError(
      "JOB_INVALID",
      "allowed is one of dataframe_split, dataframe_records, inputs, instances, as MLflow takes them",
    );
  }
  return checkedPayload(z.array(z.string()), cellsOf(parsed.data, textColumnList(text))) as string[];
}

function cellsOf(body: z.infer<typeof bodySchema>, columns: readonly string[]): unknown[] {
  if ("dataframe_split" in body) {
    const { columns: names, data } = body.dataframe_split;
    const missing = columns.find((column) => !names.includes(column));
    if (missing !== undefined)
      throw new ColaError("COLUMN_NOT_FOUND", `dataframe_split has no column ${JSON.stringify(missing)}`);
    return data.map((row) => joinedCells(columns.map((column) => row[names.indexOf(column)])));
  }
  const cells =
    "dataframe_records" in body ? body.dataframe_records : "inputs" in body ? body.inputs : body.instances;
  return cells.map((entry) =>
    typeof entry === "object" && entry !== null && columns.some((column) => Object.hasOwn(entry, column))
      ? joinedCells(columns.map((column) => cellOf(entry as Record<string, unknown>, column)))
      : entry,
  );
}

const cellOf = (entry: Record<string, unknown>, column: string) =>
  Object.hasOwn(entry, column) ? entry[column] : undefined;

/** One cell is passed as it is, so that what is not a text is refused; of several, null is an empty part. */
function joinedCells(cells: readonly unknown[]): unknown {
  if (cells.length === 1) return cells[0];
  const parts = cells.map((cell) => cell ?? "");
  if (!parts.every((part) => typeof part === "string")) return parts.find((part) => typeof part !== "string");
  return joinedText(parts, "empty") ?? "";
}
