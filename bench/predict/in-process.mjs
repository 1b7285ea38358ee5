// Scores files in this one process, without a queue: lines `INPUT<tab>OUTPUT` on stdin, JSON answers on stdout.
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { planBatch } from "@colaml/predictor-worker/predict/plan/plan-batch";
import { ByteScorer } from "@colaml/predictor-worker/scoring/byte-scorer";
import { createModelCache } from "@colaml/predictor-worker/scoring/model-cache";
import { outputHeader } from "@colaml/predictor-worker/scoring/output-columns";
import { dialectOfPlan } from "@colaml/predictor-worker/scoring/plain-record";
import { predictJobSchema } from "@colaml/shared/contracts/predict";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { nextRange } from "@colaml/shared/tables/ranges";
import { openInput } from "@colaml/shared/tables/source";
import { tableOptions } from "@colaml/shared/tables/table-options";

const [stateDir, trackingUri] = process.argv.slice(2);
const config = resolveConfig({ flags: { "mlflow.trackingUri": trackingUri } });
const models = createModelCache(createMlflowClient(config.mlflow), { cacheDir: join(stateDir, "models") });
const model = await models.load(await models.resolve("models:/modelo_nuevo@champion"));
let scorer;

async function score(input, output) {
  const job = predictJobSchema.parse({ input: { path: input }, output });
  const source = await openInput(tableOptions(job.input));
  const { plan, dataStart } = await planBatch(job, source, model.bundle, model.pinned);
  scorer ??= ByteScorer.of(plan, model.bundle, model.classifier);
  const file = await open(output, "w");
  await file.write(
    outputHeader(plan.output, {
      classes: model.bundle.classes,
      decides: model.bundle.decision !== undefined,
    }),
  );
  let start = dataStart;
  let rows = 0;
  for (;;) {
    const range = await nextRange(source, start, config.predict.chunkBytes, dialectOfPlan(plan));
    if (range === undefined) break;
    const bytes = await source.read(range.start, range.end - range.start);
    const scored = scorer.score(bytes, { firstLine: 1, firstRow: 0 });
    await file.write(scored.output);
    rows += scored.rows;
    start = range.end;
  }
  await file.close();
  await source.close();
  return rows;
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const [input, output] = line.split("\t");
  const started = performance.now();
  const rows = await score(input, output);
  console.log(JSON.stringify({ rows, seconds: (performance.now() - started) / 1000 }));
}
