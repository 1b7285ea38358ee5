import { found, foundCount } from "./bag-of-words";
import { weights } from "./tfidf-weights";

// Trees of more than 64 leaves are walked from root to leaf.

/**
 * A node begins with its left child (u32, the node itself at a leaf). Behind it: its right child (u32), its feature
 * times 2, plus 1 if absent goes left (u32), its threshold or leaf value (f32).
 */
export const NODE_RIGHT = 4;
export const NODE_FEATURE = 8;
export const NODE_VALUE = 12;
export const NODE_BYTES = 16;

/** Trees of the model; 0 if they have leaf masks. */
export let walkedTrees: i32 = 0;
/** Number of each tree's root: u32 each. */
export let roots: usize = 0;
/** Nodes of all trees, `NODE_BYTES` each. */
export let nodes: usize = 0;
/** The row: one f32 per feature, NaN if absent, as all are between rows. */
export let denseRow: usize = 0;

/** Lays the terms found into the row. */
export function fillRow(): void {
  for (let i = 0; i < foundCount; i++) {
    store<f32>(placeOf(i), load<f64>(weights + ((i as usize) << 3)) as f32);
  }
}

/** Takes them out again. */
export function clearRow(): void {
  for (let i = 0; i < foundCount; i++) store<f32>(placeOf(i), NaN);
}

function placeOf(i: i32): usize {
  return denseRow + ((load<u32>(found + ((i as usize) << 2)) as usize) << 2);
}

/** Value of the leaf a row falls into. */
export function walkedLeaf(tree: usize): f32 {
  let node = load<u32>(roots + (tree << 2));
  let at = nodeAt(node);
  for (let left = load<u32>(at); left !== node; left = load<u32>(at)) {
    const code = load<u32>(at, NODE_FEATURE);
    const x = load<f32>(denseRow + ((code >> 1) << 2));
    const goesLeft = x < load<f32>(at, NODE_VALUE) || (isNaN(x) && (code & 1) === 1);
    node = goesLeft ? left : load<u32>(at, NODE_RIGHT);
    at = nodeAt(node);
  }
  return load<f32>(at, NODE_VALUE);
}

function nodeAt(node: u32): usize {
  return nodes + (node as usize) * NODE_BYTES;
}
