import { predictJobSchema } from "@colaml/shared/contracts/predict";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { Receipt } from "@colaml/shared/contracts/receipt";
import { batchRequest, requestOfReceipt } from "@colaml/shared/outputs/batch-request";

const plan: ChunkPlan = {
  input: {
    format: "tsv",
    newline: 10,
    delimiter: 59,
    quote: 34,
    quoteEscape: "backslash",
    missingValues: "pandas",
    fields: 4,
    text: { name: "subject", place: 1 },
    moreTexts: [{ name: "body", place: 2 }],
    id: { name: "ticket", place: 0 },
  },
  output: {
    format: "csv",
    compression: "none",
    passThrough: [{ name: "team", place: 3 }],
    explain: 3,
    spreadsheetSafe: true,
  },
  model: { name: "tickets", version: "3", runId: "r", source: "s", manifestSha256: "0" },
};
const { moreTexts: _more, id: _id, ...oneColumn } = plan.input;

const jobOf = (more: object) => {
  const parsed = predictJobSchema.parse({ input: { path: "/in.tsv" }, output: "/out.csv", ...more });
  return { ...parsed, input: parsed.input! };
};
const receiptOf = (settings: Receipt["settings"]) => ({ settings });

describe("what a batch was asked for", () => {
  it("is its input without the path, the columns that were used, and how it writes", () => {
    const range = { start: 5, end: 9, firstLine: 2, firstRow: 1 };
    const input = { path: "/in.tsv", format: "tsv", delimiter: ";", missingValues: "empty" };
    const job = jobOf({ input, passThrough: ["team"], explain: 3, spreadsheetSafe: true, range });
    expect(batchRequest(job, plan)).toEqual({
      input: { format: "tsv", delimiter: ";", missingValues: "empty" },
      columns: { text: ["subject", "body"], id: "ticket" },
      passThrough: ["team"],
      explain: 3,
      spreadsheetSafe: true,
      range,
    });
  });

  it("names no id and no range if there is none", () => {
    const request = batchRequest(jobOf({}), { ...plan, input: oneColumn });
    expect(request.columns).toEqual({ text: "subject" });
    expect(request).not.toHaveProperty("range");
  });

  it("is read back from a receipt as it was written", () => {
    const range = { start: 5, end: 9, firstLine: 2, firstRow: 1 };
    for (const request of [
      batchRequest(jobOf({ range, passThrough: ["team"] }), plan),
      batchRequest(jobOf({}), { ...plan, input: oneColumn }),
    ])
      expect(requestOfReceipt(receiptOf({ request: JSON.parse(JSON.stringify(request)) }))).toEqual(request);
  });
});

describe("the receipt of an older release, which has the plan only,", () => {
  const settings = (input: object) => ({ plan: { input, output: plan.output } });

  it("says by it how the batch was read", () => {
    expect(requestOfReceipt(receiptOf(settings(plan.input)))).toEqual({
      input: { format: "tsv", delimiter: ";", quoteEscape: "backslash", missingValues: "pandas" },
      columns: { text: ["subject", "body"], id: "ticket" },
      passThrough: ["team"],
      explain: 3,
      spreadsheetSafe: true,
    });
  });

  it("left out blank texts only, and has the format's delimiter, if the plan says nothing else", () => {
    const { delimiter: _d, quoteEscape: _q, missingValues: _m, ...older } = oneColumn;
    expect(requestOfReceipt(receiptOf(settings(older))).input).toEqual({
      format: "tsv",
      missingValues: "empty",
    });
  });

  it("gives no delimiter to NDJSON, which has none", () => {
    const ndjson = { ...oneColumn, format: "ndjson", delimiter: 44, text: { name: "text", place: -1 } };
    expect(requestOfReceipt(receiptOf(settings(ndjson))).input).not.toHaveProperty("delimiter");
  });

  it("cannot be scored again if it says neither", () => {
    let refused: unknown;
    try {
      requestOfReceipt(receiptOf({}));
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({
      code: "RECEIPT_MISMATCH",
      message:
        "the receipt does not say how its batch was read, it cannot be scored again: predict the file anew",
    });
  });
});
