import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import type { Kernel } from "./kernel";
import { NODE_BYTES, NODE_FEATURE, NODE_RIGHT, NODE_VALUE } from "./kernel-facts";

/** Lays trees in as `kernel/tree-walk.ts` reads them: for those with too many leaves for masks. */
export function placeTreeNodes(kernel: Kernel, { trees, nFeatures }: TreeEnsemble): void {
  const nNodes = trees.reduce((sum, tree) => sum + tree.left.length, 0);
  const nodes = Buffer.alloc(nNodes * NODE_BYTES);
  const roots = new Uint32Array(trees.length);
  let root = 0;
  for (const [t, tree] of trees.entries()) {
    roots[t] = root;
    for (let node = 0; node < tree.left.length; node++) {
      const leaf = tree.left[node] === -1;
      const at = (root + node) * NODE_BYTES;
      nodes.writeUInt32LE(root + (leaf ? node : tree.left[node]!), at);
      nodes.writeUInt32LE(root + (leaf ? node : tree.right[node]!), at + NODE_RIGHT);
      nodes.writeUInt32LE(tree.feature[node]! * 2 + tree.defaultLeft[node]!, at + NODE_FEATURE);
      nodes.writeFloatLE(tree.value[node]!, at + NODE_VALUE);
    }
    root += tree.left.length;
  }
  const { exports } = kernel;
  exports.nodes.value = kernel.place(nodes);
  exports.roots.value = kernel.place(roots);
  exports.denseRow.value = kernel.place(new Float32Array(nFeatures).fill(Number.NaN));
  exports.walkedTrees.value = trees.length;
}
