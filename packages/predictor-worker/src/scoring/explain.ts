import type { Classifier } from "@colaml/shared/model/classifier";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
import type { Tree } from "@colaml/shared/model/tree-ensemble";
import type { Explain } from "./chunk-scorer";

/**
 * Explains a row by the paths it takes through the trees (Saabas, "Interpreting random forests"; XGBoost calls it
 * `pred_contribs` with `approx_contribs`): at each split the change of the expected margin belongs to the split's
 * term. Contributions of all terms and the expected margins of the trees sum up to the margin. A term that is not
 * in the text can contribute by its absence; only terms of the text are named.
 */
export function createExplain(bundle: ModelBundle, classifier: Classifier): Explain {
  const { trees, nGroups } = bundle.ensemble;
  const expected = trees.map(expectedMargins);
  const row = new Float32Array(bundle.ensemble.nFeatures).fill(Number.NaN);
  return (text, label, most) => {
    const { indices, values } = classifier.features(text);
    for (let i = 0; i < indices.length; i++) row[indices[i]!] = values[i]!;
    const contributions = new Map<number, number>();
    for (const [t, tree] of trees.entries()) {
      const sign = signOf(tree.group, label, nGroups);
      if (sign !== 0) addContributions(tree, expected[t]!, row, sign, contributions);
    }
    for (let i = 0; i < indices.length; i++) row[indices[i]!] = Number.NaN;
    const present = new Set(Array.from(indices));
    return [...contributions]
      .filter(([feature, contribution]) => present.has(feature) && contribution !== 0)
      .sort(([f, a], [g, b]) => Math.abs(b) - Math.abs(a) || f - g)
      .slice(0, most)
      .map(([feature, contribution]) => ({ term: bundle.terms[feature]!, contribution }));
  };
}

/** How a tree's margin counts for a label: binary trees speak for the second class, others for their own. */
function signOf(group: number, label: number, nGroups: number): number {
  if (nGroups === 1) return label === 1 ? 1 : -1;
  return group === label ? 1 : 0;
}

function addContributions(
  tree: Tree,
  expected: Float64Array,
  row: Float32Array,
  sign: number,
  contributions: Map<number, number>,
): void {
  let node = 0;
  while (tree.left[node] !== -1) {
    const feature = tree.feature[node]!;
    const value = row[feature]!;
    const left = Number.isNaN(value) ? tree.defaultLeft[node] === 1 : value < tree.value[node]!;
    const next = left ? tree.left[node]! : tree.right[node]!;
    const change = sign * (expected[next]! - expected[node]!);
    contributions.set(feature, (contributions.get(feature) ?? 0) + change);
    node = next;
  }
}

/** Expected margin at each node: the mean of the leaves below it, weighted by cover. */
function expectedMargins(tree: Tree): Float64Array {
  const expected = new Float64Array(tree.left.length);
  const visit = (node: number): number => {
    const left = tree.left[node]!;
    if (left === -1) {
      expected[node] = tree.value[node]!;
    } else {
      const right = tree.right[node]!;
      const leftCover = tree.cover[left]!;
      const rightCover = tree.cover[right]!;
      const total = leftCover + rightCover;
      const share = total > 0 ? leftCover / total : 0.5;
      expected[node] = share * visit(left) + (1 - share) * visit(right);
    }
    return expected[node]!;
  };
  visit(0);
  return expected;
}
