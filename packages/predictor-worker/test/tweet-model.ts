import { randomUUID } from "node:crypto";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { Tree } from "@colaml/shared/learning/model/tree-ensemble";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import { featuresSchema } from "@colaml/shared/settings/features-settings";

const TERMS = [
  "account",
  "app",
  "can",
  "dm",
  "flight",
  "hello",
  "help",
  "hi",
  "https",
  "just",
  "know",
  "let",
  "my",
  "no",
  "not",
  "order",
  "please",
  "service",
  "sorry",
  "thanks",
  "time",
  "us",
  "we",
  "working",
  "you",
  "your",
];

/** A tree of depth 3 whose splits and leaves follow only from `seed`. */
function tree(seed: number): Tree {
  const nodes = 15;
  const inner = (node: number) => node < 7;
  const array = (of: (node: number) => number) => Array.from({ length: nodes }, (_, node) => of(node));
  return {
    group: 0,
    left: Int32Array.from(array((node) => (inner(node) ? 2 * node + 1 : -1))),
    right: Int32Array.from(array((node) => (inner(node) ? 2 * node + 2 : -1))),
    feature: Int32Array.from(array((node) => (inner(node) ? (seed * 7 + node * 5) % TERMS.length : 0))),
    value: Float32Array.from(
      array((node) => (inner(node) ? 0.2 + ((seed + node) % 5) / 8 : Math.sin(seed * 15 + node) / 4)),
    ),
    defaultLeft: Uint8Array.from(array((node) => (inner(node) ? (seed + node) % 2 : 0))),
    gain: Float32Array.from(array((node) => (inner(node) ? 1 : 0))),
    cover: Float32Array.from(array((node) => 64 >> Math.floor(Math.log2(node + 1)))),
  };
}

/** A model made by hand: quick, and the same in every run. `version` changes every prediction. */
export function tweetBundle(version = 0): ModelBundle {
  return {
    formatVersion: 1,
    classes: ["False", "True"],
    columns: { text: "text", label: "inbound", id: "tweet_id" },
    features: { ...featuresSchema.parse({}), stop_words: "none" },
    terms: TERMS,
    idf: Float64Array.from(TERMS, (_, i) => 1 + i / 9),
    ensemble: {
      objective: "binary:logistic",
      nFeatures: TERMS.length,
      nGroups: 1,
      baseMargin: Math.fround(0.1),
      trees: Array.from({ length: 30 }, (_, i) => tree(i + 1 + version * 100)),
    },
  };
}

/** Registers a bundle in the run's MLflow. Without a name it is a new model, with the alias `champion`. */
export async function publishBundle(bundle: ModelBundle, name = `tweets-${randomUUID()}`): Promise<string> {
  const client = mlflowOfTests();
  const now = Date.now();
  await publishModel(
    client,
    {
      publishId: randomUUID(),
      experiment: `predictor-${name}`,
      runName: "by hand",
      startTime: now,
      endTime: now,
      params: [],
      metrics: [],
      tags: [],
      datasets: [],
      artifacts: new Map(),
    },
    {
      name,
      classes: bundle.classes,
      textColumn: bundle.columns.text,
      inputExample: "help",
      files: bundleToFiles(bundle),
      versionTags: [],
    },
  );
  return name;
}

export function mlflowOfTests() {
  return createMlflowClient({
    trackingUri: process.env["TEST_MLFLOW_URI"]!,
    experiment: "",
    username: "",
    password: "",
    token: "",
    insecureTls: false,
    timeoutS: 30,
    maxRetries: 0,
  });
}
