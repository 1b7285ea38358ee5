import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileJob } from "@colaml/predictor-worker/predict/batch";
import { planBatch } from "@colaml/predictor-worker/predict/plan/plan-batch";
import { PlainScorer } from "@colaml/predictor-worker/scoring/plain-scorer";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { openInput } from "@colaml/shared/tables/source";
import { exampleBundle } from "../../scoring/example-model";

const BUNDLE = exampleBundle(["help", "the"]);
const MODEL = { name: "m", version: "1", runId: "0".repeat(32), source: "s", manifestSha256: "0".repeat(64) };

const folder = mkdtempSync(join(tmpdir(), "colaml-plan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function planOf(content: string, job: object = {}) {
  const path = join(folder, "in.ndjson");
  writeFileSync(path, content);
  const source = await openInput({ path, encoding: "utf-8" });
  try {
    const parsed = predictJobSchema.parse({ input: { path }, output: `${path}.csv`, ...job }) as FileJob;
    return (await planBatch(parsed, source, BUNDLE, MODEL)).plan;
  } finally {
    await source.close();
  }
}

const ROWS = ['{"tweet_id": 850006245121695744, "text": "help"}', '{"tweet_id": "b", "text": "the"}'];

describe("the plan of an NDJSON file", () => {
  it.each([
    ["a blank first line", `\n${ROWS.join("\n")}\n`],
    ["a first line that is not an object", `oops\n${ROWS.join("\n")}\n`],
    ["a first object without an id", `{"text": "x"}\n${ROWS.join("\n")}\n`],
    ["lines that end with CR", `${ROWS.join("\r")}\r`],
  ])("has the id column in spite of %s", async (_what, content) => {
    const { input } = await planOf(content);
    expect(input.id).toEqual({ name: "tweet_id", place: -1 });
  });

  it("has none if no object has the model's", async () => {
    expect((await planOf('{"text": "x"}\n')).input.id).toBeUndefined();
  });

  it.each([
    ["text", { columns: { text: "body" } }],
    ["id", { columns: { id: "key" } }],
    ["passed through", { passThrough: ["when"] }],
  ])("is refused if no object has the column asked for: %s", async (_what, job) => {
    await expect(planOf(ROWS.join("\n"), job)).rejects.toMatchObject({ code: "COLUMN_NOT_FOUND" });
  });
});

it("numbers the rows of objects without an id, as training does", async () => {
  const content = `${ROWS[0]}\n{"text": "the"}\n{"tweet_id": null, "text": "the"}\n`;
  const plan = await planOf(content);
  const scorer = new PlainScorer(plan, createClassifier(BUNDLE));
  const { output } = scorer.score(Buffer.from(content), { firstLine: 1, firstRow: 0 });
  const ids = output.toString().trim().split("\n");
  expect(ids.map((line) => line.split(",", 1)[0])).toEqual(["850006245121695744", "2", ""]);
});
