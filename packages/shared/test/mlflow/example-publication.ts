import { randomUUID } from "node:crypto";
import { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { SEEN_ROWS_FILE, serialiseSeenRows } from "@colaml/shared/learning/model/seen-rows";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import {
  MANIFEST_TAG,
  type ModelRecord,
  publishModel,
  type RunRecord,
} from "@colaml/shared/mlflow/publish-model";
import type { TransportOptions } from "@colaml/shared/mlflow/transport";
import { featuresSchema } from "@colaml/shared/settings/features-settings";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

/** One stump on the word `help`: margin 1.2 with it, -0.8 without it. */
export function exampleBundle(classes = ["False", "True"], withWord = 1.2): ModelBundle {
  const tree = (group: number) => ({
    group,
    left: Int32Array.of(1, -1, -1),
    right: Int32Array.of(2, -1, -1),
    feature: Int32Array.of(0, 0, 0),
    value: Float32Array.of(0.5, -0.8, group === 0 ? withWord : 0.3),
    defaultLeft: Uint8Array.of(1, 0, 0),
    gain: Float32Array.of(2, 0, 0),
    cover: Float32Array.of(10, 5, 5),
  });
  const nGroups = classes.length === 2 ? 1 : classes.length;
  return {
    formatVersion: 1,
    classes,
    columns: { text: "text", label: "inbound", id: "tweet_id" },
    features: featuresSchema.parse({}),
    terms: ["help", "thanks"],
    idf: Float64Array.of(1, 2),
    ensemble: {
      objective: nGroups === 1 ? "binary:logistic" : "multi:softprob",
      nFeatures: 2,
      nGroups,
      baseMargin: 0,
      trees: Array.from({ length: nGroups }, (_, group) => tree(group)),
    },
  };
}

/** Probability of the positive class by the definition of the logistic function. */
export const EXAMPLE_PROBABILITIES = { help: 1 / (1 + Math.exp(-1.2)), none: 1 / (1 + Math.exp(0.8)) };

/** A name nobody else on the shared server uses. */
export const uniqueName = (prefix: string) => `${prefix}-${randomUUID().slice(0, 8)}`;

export function clientFor(trackingUri: string, maxRetries = 3, options: TransportOptions = {}): MlflowClient {
  return createMlflowClient({ ...resolveConfig().mlflow, trackingUri, maxRetries }, options);
}

/** The server of this test run. */
export function testServer(): string {
  const uri = process.env["TEST_MLFLOW_URI"];
  if (!uri) throw new Error("TEST_MLFLOW_URI is not set: run jest with its global setup");
  return uri;
}

/** The dataset that `exampleRun` reads. */
export const EXAMPLE_DATASET = { name: "tweets.csv", digest: "0123456789abcdef0123456789abcdef" };

export function exampleRun(experiment: string, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    publishId: randomUUID(),
    experiment,
    runName: "example",
    startTime: 1_790_000_000_000,
    endTime: 1_790_000_060_000,
    params: [
      { key: "iterations", value: "50" },
      { key: "stop_words", value: "word ".repeat(3000) },
    ],
    metrics: [
      { key: "test_accuracy_score", value: 0.815 },
      ...Array.from({ length: 1500 }, (_, step) => ({ key: "train_log_loss", value: 1 / (step + 1), step })),
    ],
    tags: [
      { key: "mlflow.user", value: "anna" },
      { key: "mlflow.source.type", value: "JOB" },
    ],
    datasets: [
      {
        context: "training",
        ...EXAMPLE_DATASET,
        sourceType: "local",
        source: JSON.stringify({ uri: "tweets.csv" }),
        schema: JSON.stringify({ mlflow_colspec: [{ type: "string", name: "text", required: true }] }),
        profile: JSON.stringify({ num_rows: 10 }),
        tags: [{ key: "colaml.sha256", value: "0".repeat(64) }],
      },
    ],
    artifacts: new Map([
      ["plots/roc_curve_plot.svg", Buffer.from("<svg/>")],
      ["per_class_metrics.csv", Buffer.from("class\n")],
    ]),
    ...changes,
  };
}

export function exampleModel(name: string, bundle: ModelBundle = exampleBundle(), hmacKey = ""): ModelRecord {
  return {
    name,
    classes: bundle.classes,
    textColumn: "text",
    inputExample: 'my "phone" broke: help\n# no comment 😀',
    files: bundleToFiles(
      bundle,
      new Map([
        ["notes.json", Buffer.from("{}")],
        [SEEN_ROWS_FILE, serialiseSeenRows(new FingerprintSet(0), name, hmacKey)],
      ]),
      hmacKey,
    ),
    versionTags: [{ key: "version", value: "1.0.1" }],
  };
}

/** A run of no more than a name. */
export const SMALL_RUN = { metrics: [], params: [], datasets: [], artifacts: new Map() };

/** So many versions of a model, all with the files of one logged model. */
export async function publishVersions(client: MlflowClient, name: string, count: number): Promise<void> {
  const published = await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), exampleModel(name));
  const { modelId, runId, version } = published;
  const tags = [{ key: MANIFEST_TAG, value: version.tags[MANIFEST_TAG] ?? "" }];
  for (let i = 1; i < count; i++) await client.registry.createVersion({ name, modelId, runId, tags });
}
