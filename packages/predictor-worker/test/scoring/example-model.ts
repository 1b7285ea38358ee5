import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { Tree, TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import { createTfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";

/** Numbers from 0 to 1 that follow from a seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** A bundle with real features and no trees yet. */
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

export interface ForestShape {
  trees: number;
  depth: number;
  groups?: number;
  seed?: number;
}

/**
 * The bundle with trees of any shape up to a depth. Thresholds are values that the words of `texts` have, to the
 * last bit, so that a value which is off by one falls into another leaf.
 */
export function withForest(bundle: ModelBundle, texts: readonly string[], shape: ForestShape): ModelBundle {
  const next = random(shape.seed ?? 7);
  const features = createTfidfTransform(bundle);
  const values = bundle.terms.map(() => [0.5]);
  for (const text of texts) {
    const row = features(text);
    for (const [i, term] of row.indices.entries()) values[term]!.push(row.values[i]!);
  }
  const groups = shape.groups ?? 1;
  const trees = Array.from({ length: shape.trees }, (_, i) => tree(i % groups, shape.depth, values, next));
  const ensemble: TreeEnsemble = {
    objective: groups === 1 ? "binary:logistic" : "multi:softprob",
    nFeatures: bundle.terms.length,
    nGroups: groups,
    baseMargin: Math.fround(0.1),
    trees,
  };
  const classes = groups === 1 ? bundle.classes : Array.from({ length: groups }, (_, k) => `class, ${k}`);
  return { ...bundle, classes, ensemble };
}

/** The bundle with a linear model whose weights follow from a seed. */
export function withWeights(bundle: ModelBundle, groups = 1, scale = 1): ModelBundle {
  const next = random(groups);
  const weight = () => Math.fround((next() - 0.5) * 6 * scale);
  const classes = groups === 1 ? bundle.classes : Array.from({ length: groups }, (_, k) => `class, ${k}`);
  const ensemble: LinearEnsemble = {
    objective: "binary:logistic",
    nFeatures: bundle.terms.length,
    nGroups: groups,
    baseMargin: Math.fround(0.1),
    bias: Float32Array.from({ length: groups }, weight),
    weights: Float32Array.from({ length: bundle.terms.length * groups }, weight),
    rounds: 1,
  };
  return { ...bundle, formatVersion: 2, classes, ensemble };
}

/** A tree that splits on, at a chance of nine in ten, as long as its depth allows. */
function tree(group: number, depth: number, values: readonly number[][], next: () => number): Tree {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const nodes: { left: number; right: number; feature: number; value: number; defaultLeft: number }[] = [];
  const grow = (level: number): number => {
    const place = nodes.length;
    nodes.push({ left: -1, right: -1, feature: 0, value: Math.fround(next() - 0.5), defaultLeft: 0 });
    if (level === depth || next() > 0.9) return place;
    const feature = Math.floor(next() * values.length);
    const value = Math.fround(pick(values[feature]!));
    const defaultLeft = next() < 0.5 ? 1 : 0;
    nodes[place] = { left: grow(level + 1), right: grow(level + 1), feature, value, defaultLeft };
    return place;
  };
  grow(0);
  return {
    group,
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    feature: Int32Array.from(nodes, (node) => node.feature),
    value: Float32Array.from(nodes, (node) => node.value),
    defaultLeft: Uint8Array.from(nodes, (node) => node.defaultLeft),
    gain: new Float32Array(nodes.length),
    cover: new Float32Array(nodes.length),
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
