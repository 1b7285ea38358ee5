import { createHash } from "node:crypto";
import { assignParts, PART, trainTestSplit } from "@colaml/shared/learning/data/split";
import { fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { featuresSchema } from "@colaml/shared/settings/features-settings";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import fixture from "../../fixtures/sklearn-split.json";
import { itWithRealData, realDataPath } from "../../real-data";

const { real } = fixture;
const settings = { test_size: 0.3, validation_size: 0.3, random_seed: 42, stratify: false };
const features = featuresSchema.parse({});

function digestOf(rows: Uint32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    .digest("hex");
}

const rowsOf = (parts: Uint8Array, part: number) =>
  Uint32Array.from([...parts.keys()].filter((row) => parts[row] === part));

async function readReal() {
  const reader = readDataset({ path: realDataPath! }, { text: "text", label: "inbound" });
  const codes: number[] = [];
  for await (const block of reader.blocks()) codes.push(...block.label.subarray(0, block.count));
  const positive = reader.labelNames.indexOf("True");
  return { reader, labels: codes.map((code) => (code === positive ? 1 : 0)) };
}

describe("the real rows", () => {
  itWithRealData("are all read, and split into the very rows scikit-learn picks", async () => {
    const { reader, labels } = await readReal();
    expect({ rows: reader.rows, rejected: reader.rejected.count }).toEqual({ rows: real.rows, rejected: 0 });
    const parts = assignParts(real.rows, settings);
    expect({
      train: digestOf(rowsOf(parts, PART.train)),
      validation: digestOf(rowsOf(parts, PART.validation)),
      test: digestOf(trainTestSplit(real.rows, 0.3, 42).test),
    }).toEqual({ train: real.train, validation: real.validation, test: real.test });
    const stratified = trainTestSplit(real.rows, 0.3, 42, labels);
    expect({ train: digestOf(stratified.train), test: digestOf(stratified.test) }).toEqual({
      train: real.stratifiedTrain,
      test: real.stratifiedTest,
    });
  });

  itWithRealData("give scikit-learn's vocabulary and TF-IDF sums, with the seed's settings", async () => {
    const { reader } = await readReal();
    const parts = assignParts(real.rows, settings);
    const vocabulary = await fitVocabulary(features, async (builder) => {
      let row = 0;
      for await (const block of reader.blocks()) {
        for (let i = 0; i < block.count; i++, row++) {
          if (parts[row] !== PART.train) continue;
          builder.addBytes(block.bytes, block.textStart[i]!, block.textEnd[i]!);
        }
      }
    });
    expect(createHash("sha256").update(vocabulary.terms.join("\n")).digest("hex")).toBe(real.terms);
    expect(vocabulary.idf.reduce((sum, value) => sum + value, 0)).toBeCloseTo(real.idfSum, 9);
    const transform = new TfidfTransform({ features, ...vocabulary });
    const entries = [0, 0, 0];
    const sums = [0, 0, 0];
    let row = 0;
    for await (const { texts } of reader.batches()) {
      for (const text of texts) {
        transform.transform(text);
        const part = parts[row++]!;
        entries[part]! += transform.count;
        for (let i = 0; i < transform.count; i++) sums[part]! += transform.values[i]!;
      }
    }
    expect([entries[PART.train], entries[PART.test]]).toEqual([real.trainEntries, real.testEntries]);
    expect(sums[PART.train]).toBeCloseTo(real.trainSum, 6);
    expect(sums[PART.test]).toBeCloseTo(real.testSum, 6);
  });
});
