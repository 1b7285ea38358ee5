import type { ChunkPlan } from "@colaml/shared/jobs/predict-chunk";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/jobs/train";
import type { Classifier } from "@colaml/shared/model/classifier";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
import type { FeatureRow } from "@colaml/shared/model/tree-scorer";
import { createTfidfTransform } from "@colaml/shared/text/tfidf-transform";

/** A bundle with real features; its trees are not walked by `linearClassifier`. */
export function exampleBundle(terms: string[], features: Partial<TfidfSettings> = {}): ModelBundle {
  return {
    formatVersion: 1,
    classes: ["False", "True"],
    columns: { text: "text", label: "inbound", id: "tweet_id" },
    features: { ...featuresSchema.parse({}), ...features },
    terms,
    idf: Float64Array.from(terms, (_, i) => 1 + ((i * 7919) % 13) / 3),
    ensemble: { objective: "binary:logistic", nFeatures: terms.length, nGroups: 1, baseMargin: 0, trees: [] },
  };
}

/** A classifier whose probability depends on every bit of every value, so that no difference stays hidden. */
export function linearClassifier(bundle: ModelBundle): Classifier {
  const features = createTfidfTransform(bundle);
  const predictFeatures = ({ indices, values }: FeatureRow, out: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < indices.length; i++) sum += Math.sin(indices[i]! * 37 + 1) * values[i]! * 3;
    out[1] = Math.fround(1 / (1 + Math.exp(-sum)));
    out[0] = 1 - out[1];
    return out[1] > 0.5 ? 1 : 0;
  };
  return {
    classes: bundle.classes,
    features,
    predictFeatures,
    predict: (text, out) => predictFeatures(features(text), out),
  };
}

/** A plan over `id,text,other`. */
export function examplePlan(
  changes: { input?: Partial<ChunkPlan["input"]>; output?: Partial<ChunkPlan["output"]> } = {},
): ChunkPlan {
  return {
    input: {
      format: "csv",
      newline: 10,
      fields: 3,
      text: { name: "text", place: 1 },
      id: { name: "id", place: 0 },
      ...changes.input,
    },
    output: {
      format: "csv",
      compression: "none",
      passThrough: [],
      explain: 0,
      spreadsheetSafe: false,
      ...changes.output,
    },
    model: { name: "m", version: "3", runId: "", source: "", manifestSha256: "" },
  };
}
