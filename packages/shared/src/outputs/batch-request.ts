import { z } from "zod";
import { type Dataset, datasetSchema } from "../contracts/names";
import type { PredictJob } from "../contracts/predict";
import { type ChunkPlan, chunkPlanSchema, textFieldsOf } from "../contracts/predict-chunk";
import type { Receipt } from "../contracts/receipt";
import { ColaError } from "../errors/cola-error";
import { textColumnsSchema } from "../settings/text-columns";

const name = z.string().min(1).max(256);
const count = z.number().int().min(0);

/** What a finished batch was asked for, as its receipt keeps it: enough to score the same rows again. */
const batchRequestSchema = z.object({
  /** How the input is read; its path is the receipt's own. */
  input: datasetSchema.omit({ path: true }),
  /** The columns that were used, also if the model chose them. `id` absent: row numbers. */
  columns: z.object({ text: textColumnsSchema, id: name.optional() }),
  passThrough: z.array(name),
  explain: count,
  spreadsheetSafe: z.boolean(),
  /** Only a stretch of the input. */
  range: z.object({ start: count, end: count, firstLine: count, firstRow: count }).optional(),
});
export type BatchRequest = z.infer<typeof batchRequestSchema>;

/** The request of a batch, for its receipt. */
export function batchRequest(job: PredictJob & { input: Dataset }, plan: ChunkPlan): BatchRequest {
  const { path: _path, ...input } = job.input;
  const { passThrough, explain, spreadsheetSafe, range } = job;
  return {
    input,
    columns: columnsOf(plan.input),
    passThrough,
    explain,
    spreadsheetSafe,
    ...(range && { range }),
  };
}

function columnsOf(input: ChunkPlan["input"]): BatchRequest["columns"] {
  const [text, ...more] = textFieldsOf(input).map((field) => field.name);
  return { text: more.length === 0 ? text! : [text!, ...more], ...(input.id && { id: input.id.name }) };
}

/**
 * The request of a receipt. One that an older release wrote has the plan only: how it reads is taken from there.
 *
 * @throws ColaError RECEIPT_MISMATCH for a receipt that says neither
 */
export function requestOfReceipt({ settings }: Pick<Receipt, "settings">): BatchRequest {
  const request = batchRequestSchema.safeParse(settings["request"]);
  if (request.success) return request.data;
  const plan = chunkPlanSchema.pick({ input: true, output: true }).safeParse(settings["plan"]);
  if (plan.success) return requestOfPlan(plan.data);
  throw new ColaError(
    "RECEIPT_MISMATCH",
    "the receipt does not say how its batch was read, it cannot be scored again: predict the file anew",
  );
}

function requestOfPlan({ input, output }: Pick<ChunkPlan, "input" | "output">): BatchRequest {
  const { format, delimiter, quoteEscape } = input;
  return {
    input: {
      format,
      ...(format !== "ndjson" && delimiter !== undefined && { delimiter: String.fromCharCode(delimiter) }),
      ...(quoteEscape && { quoteEscape }),
      // What a plan without it did: only blank texts were left out.
      missingValues: input.missingValues ?? "empty",
    },
    columns: columnsOf(input),
    passThrough: output.passThrough.map((field) => field.name),
    explain: output.explain,
    spreadsheetSafe: output.spreadsheetSafe,
  };
}
