import { logBatches, safeKey } from "@colaml/shared/mlflow/log-batch";

test("no call holds more than MLflow takes, in items and in bytes, and nothing is lost or doubled", () => {
  const metrics = Array.from({ length: 3500 }, (_, step) => ({ key: "loss", value: step, step }));
  const params = Array.from({ length: 250 }, (_, i) => ({ key: `p${i}`, value: "ñ".repeat(6000) }));
  const tags = Array.from({ length: 150 }, (_, i) => ({ key: `t${i}`, value: "x".repeat(8000) }));
  const batches = logBatches({ metrics, params, tags }, 7);
  for (const batch of batches) {
    expect(batch.metrics.length + batch.params.length + batch.tags.length).toBeLessThanOrEqual(1000);
    expect(batch.metrics.length).toBeLessThanOrEqual(1000);
    expect(batch.params.length).toBeLessThanOrEqual(100);
    expect(batch.tags.length).toBeLessThanOrEqual(100);
    expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(1_000_000);
  }
  expect(batches.flatMap((batch) => batch.metrics)).toEqual(metrics.map((m) => ({ ...m, timestamp: 7 })));
  expect(batches.flatMap((batch) => batch.params)).toEqual(params);
  expect(batches.flatMap((batch) => batch.tags)).toEqual(tags);
});

test("nothing to log is no call", () => {
  expect(logBatches({}, 0)).toEqual([]);
  expect(logBatches({ metrics: [{ key: "roc_auc", value: Number.NaN }] }, 0)).toEqual([]);
});

test.each([
  ["f1_score", "f1_score"],
  ["a b/c:d.e-f", "a b/c:d.e-f"],
  ["f1_año", "f1_a-u00f1-o"],
  ["😀", "-u1f600-"],
  ["", "unnamed"],
])("the name %j becomes %j", (key, name) => {
  expect(safeKey(key)).toBe(name);
});
