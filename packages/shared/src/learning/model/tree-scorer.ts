import type { Tree, TreeEnsemble } from "./tree-ensemble";

/** A row by its present features; what is not named is absent. Columns are below `nFeatures`, each at most once. */
export interface FeatureRow {
  indices: ArrayLike<number>;
  values: ArrayLike<number>;
}

export interface EnsembleScorer {
  /** Columns of a probability row: 2 for binary. */
  nClasses: number;
  /** What the row makes of each group (leaf values, or weight times value) and base margin, float32 as XGBoost sums them: `out` (nGroups), which is returned. */
  margins(row: FeatureRow, out: Float32Array): Float32Array;
  /** Probability of each class in the order of the model: `out` (nClasses), which is returned. */
  probabilities(row: FeatureRow, out: Float64Array): Float64Array;
}

const { fround } = Math;

/** XGBoost's logistic function, in float32. */
export function sigmoid(margin: number): number {
  return fround(1 / fround(1 + fround(Math.exp(-margin))));
}

/** XGBoost's softmax: exponentials in float32, their sum in float64. `out` may be `margins`. */
export function softmax(margins: ArrayLike<number>, out: Float64Array | Float32Array): void {
  let highest = margins[0]!;
  for (let k = 1; k < margins.length; k++) highest = Math.max(highest, margins[k]!);
  let sum = 0;
  for (let k = 0; k < margins.length; k++) {
    const e = fround(Math.exp(fround(margins[k]! - highest)));
    out[k] = e;
    sum += e;
  }
  const divisor = fround(sum);
  for (let k = 0; k < margins.length; k++) out[k] = fround(out[k]! / divisor);
}

/** Probabilities of a row from its margins. Binary: [1 - p, p]. */
export function marginsToProbabilities(
  objective: TreeEnsemble["objective"],
  margins: ArrayLike<number>,
  out: Float64Array,
): Float64Array {
  if (objective === "multi:softprob") softmax(margins, out);
  else {
    const p = sigmoid(margins[0]!);
    out[0] = 1 - p;
    out[1] = p;
  }
  return out;
}

/** The leaf a dense row falls into; NaN in `row` is absent. */
export function leafOf(tree: Tree, row: Float32Array): number {
  const { left, right, feature, value, defaultLeft } = tree;
  let node = 0;
  while (left[node]! !== -1) {
    const x = row[feature[node]!]!;
    // A comparison with NaN is false: only then the default side matters.
    const goesLeft = x < value[node]! || (Number.isNaN(x) && defaultLeft[node]! === 1);
    node = goesLeft ? left[node]! : right[node]!;
  }
  return node;
}

/** All trees in one block of arrays, for fewer cache lines a walk. Inner nodes and leaves share `value`. */
interface Forest {
  roots: Int32Array;
  groups: Int32Array;
  /** Right child at 2i + 1, left child at 2i; -1 at a leaf. */
  children: Int32Array;
  /** Feature x 2 + (absent goes left). */
  split: Int32Array;
  value: Float32Array;
}

function forestOf(trees: readonly Tree[]): Forest {
  const nNodes = trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const forest: Forest = {
    roots: new Int32Array(trees.length),
    groups: Int32Array.from(trees, (tree) => tree.group),
    children: new Int32Array(2 * nNodes),
    split: new Int32Array(nNodes),
    value: new Float32Array(nNodes),
  };
  let root = 0;
  trees.forEach((tree, t) => {
    forest.roots[t] = root;
    for (let node = 0; node < tree.left.length; node++) {
      const leaf = tree.left[node] === -1;
      const at = root + node;
      forest.children[2 * at] = leaf ? -1 : root + tree.left[node]!;
      forest.children[2 * at + 1] = leaf ? -1 : root + tree.right[node]!;
      forest.split[at] = tree.feature[node]! * 2 + tree.defaultLeft[node]!;
      forest.value[at] = tree.value[node]!;
    }
    root += tree.left.length;
  });
  return forest;
}

function leafValue({ children, split, value }: Forest, root: number, dense: Float32Array): number {
  let node = root;
  let left = children[2 * node]!;
  while (left !== -1) {
    const code = split[node]!;
    const x = dense[code >> 1]!;
    node = x < value[node]! || (Number.isNaN(x) && (code & 1) === 1) ? left : children[2 * node + 1]!;
    left = children[2 * node]!;
  }
  return value[node]!;
}

/**
 * Scores rows as XGBoost does, to the last bit of its float32 sums: leaf values of a class are added in tree order
 * from 0, then the base margin. O(trees x depth) per row; not reentrant (one dense row is reused).
 */
export function createTreeScorer(ensemble: TreeEnsemble): EnsembleScorer {
  const { nGroups, objective } = ensemble;
  const forest = forestOf(ensemble.trees);
  const base = fround(ensemble.baseMargin);
  const dense = new Float32Array(ensemble.nFeatures).fill(Number.NaN);
  const ownMargins = new Float32Array(nGroups);

  function margins({ indices, values }: FeatureRow, out: Float32Array): Float32Array {
    for (let i = 0; i < indices.length; i++) dense[indices[i]!] = values[i]!;
    out.fill(0);
    // `out` is float32: each addition is rounded as XGBoost's.
    for (let t = 0; t < forest.roots.length; t++) {
      out[forest.groups[t]!]! += leafValue(forest, forest.roots[t]!, dense);
    }
    for (let k = 0; k < nGroups; k++) out[k]! += base;
    for (let i = 0; i < indices.length; i++) dense[indices[i]!] = Number.NaN;
    return out;
  }

  return {
    nClasses: nGroups === 1 ? 2 : nGroups,
    margins,
    probabilities: (row, out) => marginsToProbabilities(objective, margins(row, ownMargins), out),
  };
}
