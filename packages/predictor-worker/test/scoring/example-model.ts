import type { Prediction, RowClassifier } from "@colaml/predictor-worker/scoring/chunk-scorer";
import type { ChunkPlan } from "@colaml/shared/jobs/predict-chunk";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/jobs/train";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
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
export function linearClassifier(bundle: ModelBundle): RowClassifier {
  const transform = createTfidfTransform(bundle);
  const predictRow = ({ indices, values }: { indices: Uint32Array; values: Float64Array }): Prediction => {
    let sum = 0;
    for (let i = 0; i < indices.length; i++) sum += Math.sin(indices[i]! * 37 + 1) * values[i]! * 3;
    const p = Math.fround(1 / (1 + Math.exp(-sum)));
    return { label: p > 0.5 ? 1 : 0, probabilities: [1 - p, p] };
  };
  return { classes: bundle.classes, predictRow, predict: (text) => predictRow(transform(text)) };
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
    model: { name: "m", version: "3", digest: "" },
  };
}
