import type { Tree, TreeEnsemble } from "./tree-ensemble";
import { type FeatureRow, leafOf } from "./tree-scorer";

/** What moved the margin of one class for one row. */
export interface PathContributions {
  /** What every row starts from: base margin and the mean value of each root. */
  bias: number;
  /** Feature -> sum of the steps its splits made; only features met on the paths. */
  byFeature: Map<number, number>;
}

/**
 * Mean leaf value below each node, weighted by cover (the training rows' hessian sums); a node that no row reached
 * takes the plain mean of its children.
 */
function nodeMeans(tree: Tree): Float64Array {
  const { left, right, value, cover } = tree;
  const means = new Float64Array(left.length);
  const order = [0];
  for (let i = 0; i < order.length; i++) {
    const node = order[i]!;
    if (left[node] !== -1) order.push(left[node]!, right[node]!);
  }
  for (const node of order.reverse()) {
    if (left[node] === -1) {
      means[node] = value[node]!;
      continue;
    }
    const [l, r] = [left[node]!, right[node]!];
    const total = cover[l]! + cover[r]!;
    means[node] =
      total > 0 ? (means[l]! * cover[l]! + means[r]! * cover[r]!) / total : (means[l]! + means[r]!) / 2;
  }
  return means;
}

/** A function from a row to its contributions, one entry per class (group): binary has one, for the positive class. */
export type Explainer = (row: FeatureRow) => PathContributions[];

/** Nodes from the root to `leaf`, by parents. */
function pathTo(parents: Int32Array, leaf: number): number[] {
  const path = [leaf];
  for (let node = leaf; node !== 0; ) {
    node = parents[node]!;
    path.unshift(node);
  }
  return path;
}

function parentsOf({ left, right }: Tree): Int32Array {
  const parents = new Int32Array(left.length).fill(-1);
  left.forEach((child, node) => {
    if (child === -1) return;
    parents[child] = node;
    parents[right[node]!] = node;
  });
  return parents;
}

/**
 * Path contributions (Saabas, as XGBoost's `pred_contribs` with `approx_contribs`): each split on a row's path moves
 * the mean of the node it leaves to that of the node it enters, and that step is the split feature's. Bias and
 * contributions add up to the row's margin (float64 here, so to about 1e-6 of the float32 margin).
 */
export function createTreeExplainer(ensemble: TreeEnsemble): Explainer {
  const prepared = ensemble.trees.map((tree) => ({ tree, means: nodeMeans(tree), parents: parentsOf(tree) }));
  const dense = new Float32Array(ensemble.nFeatures).fill(Number.NaN);
  return ({ indices, values }) => {
    for (let i = 0; i < indices.length; i++) dense[indices[i]!] = values[i]!;
    const groups = Array.from(
      { length: ensemble.nGroups },
      (): PathContributions => ({ bias: ensemble.baseMargin, byFeature: new Map() }),
    );
    for (const { tree, means, parents } of prepared) {
      const group = groups[tree.group]!;
      group.bias += means[0]!;
      const path = pathTo(parents, leafOf(tree, dense));
      for (let i = 1; i < path.length; i++) {
        const feature = tree.feature[path[i - 1]!]!;
        const step = means[path[i]!]! - means[path[i - 1]!]!;
        group.byFeature.set(feature, (group.byFeature.get(feature) ?? 0) + step);
      }
    }
    for (let i = 0; i < indices.length; i++) dense[indices[i]!] = Number.NaN;
    return groups;
  };
}
