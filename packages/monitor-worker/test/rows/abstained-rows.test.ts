import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RowCollector } from "@colaml/monitor-worker/monitor/collect-rows";
import type { RowSource } from "@colaml/monitor-worker/rows/monitored-rows";
import { openPredictedRows } from "@colaml/monitor-worker/rows/predicted-rows";
import { openScoredRows } from "@colaml/monitor-worker/rows/scored-rows";
import { createDecider } from "@colaml/shared/learning/model/decision-rule";

const classes = ["no", "yes"];
const decider = createDecider({ thresholds: [0.3], abstainBelow: 0.7, abstainWord: "abstain" }, classes);
const PREDICTIONS = `id,label,decision,probability_no,probability_yes,model_version
1,no,no,0.9,0.1,3
2,yes,abstain,0.4,0.6,3
3,no,abstain,0.65,0.35,3
4,yes,yes,0.2,0.8,3
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "colaml-abstained-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function collected(source: RowSource) {
  const collector = new RowCollector({ classes, terms: [], tokenise: () => [] });
  for await (const batch of source.batches()) collector.add(batch);
  return collector.result();
}

it("counts the rows of a prediction that were abstained on; the quality stays that of the labels", async () => {
  const path = written("predicted.csv", PREDICTIONS);
  const result = await collected(await openPredictedRows(path, "text", { classes, decider }));
  expect(result).toMatchObject({ rows: 4, abstained: 2 });
});

it("counts nothing in a file that has no column decision, or by a model without a rule", async () => {
  const path = written("predicted.csv", PREDICTIONS);
  expect(await collected(await openPredictedRows(path, "text", { classes }))).not.toHaveProperty("abstained");
  const older = written("older.csv", "id,label,probability_no,probability_yes\n1,no,0.9,0.1\n");
  const result = await collected(await openPredictedRows(older, "text", { classes, decider }));
  expect(result).toMatchObject({ rows: 1 });
  expect(result).not.toHaveProperty("abstained");
});

it("decides the texts of a file that it scores itself", async () => {
  const path = written("texts.csv", "text,label,id\n0.1,no,1\n0.6,yes,2\n0.35,no,3\n0.8,yes,4\n");
  const classifier = {
    classes,
    decider,
    predict(text: string, out: Float64Array) {
      out.set([1 - Number(text), Number(text)]);
      return Number(text) > 0.5 ? 1 : 0;
    },
  };
  const columns = { text: "text", label: "label", id: "id", labelRequired: true };
  const result = await collected(await openScoredRows({ path }, columns, classifier));
  expect(result).toMatchObject({ rows: 4, abstained: 2 });
  expect(result.quality.metrics.accuracy_score).toBe(1);
});
