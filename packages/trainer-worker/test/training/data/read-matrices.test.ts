import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { featuresSchema } from "@colaml/shared/settings/features-settings";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { partLabels } from "@colaml/trainer-worker/training/data/each-row";
import { HeldOutFacts } from "@colaml/trainer-worker/training/data/held-out-facts";
import { planRows } from "@colaml/trainer-worker/training/data/plan-rows";
import { readMatrices } from "@colaml/trainer-worker/training/data/read-matrices";
import { readVocabulary } from "@colaml/trainer-worker/training/data/read-vocabulary";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "training-data-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(texts: readonly string[], signal = new AbortController().signal) {
  const path = join(folder, "rows.csv");
  await writeFile(path, ["text,inbound", ...texts.map((text, i) => `${text},${i % 2}`), ""].join("\n"));
  const reader = readDataset({ path }, { text: "text", label: "inbound" });
  const plan = await planRows(reader, trainJobSchema.parse({ dataset: { path } }));
  const stages: string[] = [];
  const progress = ({ stage, done, total }: { stage: string; done?: number; total?: number }) =>
    stages.push(`${stage} ${done}/${total}`);
  const hooks = { progress, signal };
  const features = featuresSchema.parse({});
  const { vocabulary, seen } = await readVocabulary(reader, plan, features, hooks);
  const labels = partLabels(plan);
  const facts = new HeldOutFacts(plan, labels.test, features, vocabulary, seen);
  const matrices = await readMatrices(reader, plan, features, vocabulary, facts, hooks);
  return { plan, stages, vocabulary, labels, facts, matrices };
}

describe("the training data", () => {
  it("is fitted only on training rows and has every part's rows in file order", async () => {
    // Row i says word i and `flight`: the vocabulary can only hold words of training rows.
    const texts = Array.from({ length: 100 }, (_, i) => `flight word${i} 🤥`);
    const { plan, vocabulary, labels, matrices } = await read(texts);
    const trained = texts.flatMap((_, i) => (plan.partOf[i] === 0 ? [`word${i}`] : []));
    expect(vocabulary.terms).toEqual(["flight", ...trained].sort());
    expect(vocabulary.nDocuments).toBe(49);
    expect([matrices.train, matrices.validation, matrices.test].map(({ nRows }) => nRows)).toEqual([
      49, 21, 30,
    ]);
    const testRows = texts.flatMap((_, i) => (plan.partOf[i] === 2 ? [i] : []));
    expect(Array.from(labels.test)).toEqual(testRows.map((i) => i % 2));
    // A held-out row has only `flight`, its l2-normalised value is 1.
    expect(Array.from(matrices.test.data)).toEqual(new Array(30).fill(1));
    expect(matrices.train.data).toHaveLength(98);
  });

  it("notes length and tokens of the held-out rows for the profile, in file order", async () => {
    const { plan, facts } = await read(
      Array.from({ length: 100 }, (_, i) => `flight ${"x".repeat(i + 1)} 🤥`),
    );
    const { profiled } = facts;
    const heldOut = Array.from(plan.partOf.keys()).filter((i) => plan.partOf[i] !== 0);
    expect(Array.from(profiled.textLength)).toEqual(heldOut.map((i) => 7 + i + 1 + 3));
    expect(Array.from(profiled.tokens)).toEqual(new Array(51).fill(2));
    expect(Array.from(profiled.unknownTokens)).toEqual(new Array(51).fill(1));
    // The vocabulary is `flight` and the 49 other words of training rows.
    expect(heldOut.map((_, i) => Array.from(profiled.termsOf(i)))).toEqual(new Array(51).fill([0]));
  });

  it("tells how far it is", async () => {
    const { stages } = await read(Array.from({ length: 20 }, (_, i) => `word ${i}`));
    expect(stages).toEqual(["fit 20/20", "transform 20/20"]);
  });

  it("stops when it is cancelled", async () => {
    await expect(read(["a b", "c d", "e f", "g h", "i j", "k l"], AbortSignal.abort())).rejects.toMatchObject(
      {
        code: "JOB_CANCELLED",
      },
    );
  });
});
