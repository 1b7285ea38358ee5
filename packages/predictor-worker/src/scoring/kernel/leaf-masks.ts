import type { Tree, TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import type { Kernel } from "./kernel";
import { FLIP_BYTES, FLIP_LEAVES, FLIP_TREE, MAX_LEAVES } from "./kernel-facts";

const ALL_LEAVES = 2n ** BigInt(MAX_LEAVES) - 1n;

/** A node that a present feature may pass on the other side than an absent one does. */
interface Flip {
  feature: number;
  threshold: number;
  absentGoesLeft: boolean;
  tree: number;
  /** Leaves left when it does: all but those on the side of the absent. */
  leaves: bigint;
}

/**
 * Lays trees in as `kernel/leaf-masks.ts` reads them. False, with nothing laid in, if a tree has more leaves than
 * a mask has bits.
 */
export function placeLeafMasks(kernel: Kernel, { trees, nFeatures }: TreeEnsemble): boolean {
  const leafCount = (tree: Tree) => tree.left.reduce((sum, left) => sum + (left === -1 ? 1 : 0), 0);
  if (trees.length === 0 || trees.some((tree) => leafCount(tree) > MAX_LEAVES)) return false;
  const leafValues = new Float32Array(trees.length * MAX_LEAVES);
  const flips = trees.flatMap((tree, t) => {
    const { values, flips: own } = numberLeaves(tree, t);
    leafValues.set(values, t * MAX_LEAVES);
    return own;
  });
  const { exports } = kernel;
  exports.flips.value = placeFlips(kernel, flips, nFeatures);
  exports.leafValues.value = kernel.place(leafValues);
  exports.leafMasks.value = kernel.reserve(trees.length * 8);
  exports.maskedTrees.value = trees.length;
  return true;
}

/** Walks a tree with the side of the absent first: leaf values in that order, and the flips of its inner nodes. */
function numberLeaves(tree: Tree, number: number): { values: number[]; flips: Flip[] } {
  const values: number[] = [];
  const flips: Flip[] = [];
  const visit = (node: number): void => {
    if (tree.left[node] === -1) {
      values.push(tree.value[node]!);
      return;
    }
    const absentGoesLeft = tree.defaultLeft[node] === 1;
    const [near, far] = absentGoesLeft ? [tree.left, tree.right] : [tree.right, tree.left];
    const first = values.length;
    visit(near[node]!);
    const struck = (1n << BigInt(values.length)) - (1n << BigInt(first));
    flips.push({
      feature: tree.feature[node]!,
      threshold: tree.value[node]!,
      absentGoesLeft,
      tree: number,
      leaves: ALL_LEAVES ^ struck,
    });
    visit(far[node]!);
  };
  visit(0);
  return { values, flips };
}

/** Two lists for each feature, each ended by a threshold that no value passes. */
function placeFlips(kernel: Kernel, flips: readonly Flip[], nFeatures: number): number {
  const byFeature = new Map<number, Flip[]>();
  for (const flip of flips) {
    const own = byFeature.get(flip.feature);
    if (own) own.push(flip);
    else byFeature.set(flip.feature, [flip]);
  }
  const none = placeList(kernel, []);
  const lists = new Uint32Array(nFeatures * 2).fill(none);
  for (const [feature, own] of byFeature) {
    const rising = own.filter((flip) => flip.absentGoesLeft).sort((a, b) => a.threshold - b.threshold);
    const falling = own.filter((flip) => !flip.absentGoesLeft).sort((a, b) => b.threshold - a.threshold);
    lists[feature * 2] = placeList(kernel, rising);
    lists[feature * 2 + 1] = placeList(kernel, falling);
  }
  return kernel.place(lists);
}

function placeList(kernel: Kernel, flips: readonly Flip[]): number {
  const bytes = Buffer.alloc((flips.length + 1) * FLIP_BYTES);
  for (const [i, { threshold, tree, leaves }] of flips.entries()) {
    bytes.writeFloatLE(threshold, i * FLIP_BYTES);
    bytes.writeUInt32LE(tree, i * FLIP_BYTES + FLIP_TREE);
    bytes.writeBigUInt64LE(leaves, i * FLIP_BYTES + FLIP_LEAVES);
  }
  bytes.writeFloatLE(Number.NaN, flips.length * FLIP_BYTES);
  return kernel.place(bytes);
}
