import { found, foundCount } from "./bag-of-words";
import { weights } from "./tfidf-weights";

// QuickScorer (Lucchese et al., SIGIR 2015), for rows with few features present. The leaves of a tree, at most
// 64, are numbered so that the side an absent feature takes comes first. A present feature that takes the other side
// of a node strikes out the leaves of the first one; the lowest leaf left is the one the row falls into. What is
// absent costs nothing.

/** Leaves that a mask has bits for, and leaf values that are kept of each tree. */
export const MAX_LEAVES = 64;
/** A flip begins with its threshold (f32, NaN ends a list). Behind it: its tree (u32), the leaves it leaves (u64). */
export const FLIP_TREE = 4;
export const FLIP_LEAVES = 8;
export const FLIP_BYTES = 16;

/** Trees of the model; 0 if one has more leaves than a mask has bits. */
export let maskedTrees: i32 = 0;
/**
 * For each feature two pointers (u32) to lists of flips: nodes at which absent goes left, thresholds ascending, and
 * nodes where absent goes right, descending.
 */
export let flips: usize = 0;
/** Leaves not struck out, of each tree: u64 each. */
export let leafMasks: usize = 0;
/** Leaf values: f32, `MAX_LEAVES` for each tree. */
export let leafValues: usize = 0;

/** Strikes out leaves for the terms found and their weights. */
export function strikeLeaves(): void {
  memory.fill(leafMasks, 0xff, (maskedTrees as usize) << 3);
  for (let i = 0; i < foundCount; i++) {
    const lists = flips + ((load<u32>(found + ((i as usize) << 2)) as usize) << 3);
    const x = load<f64>(weights + ((i as usize) << 3)) as f32;
    let flip = load<u32>(lists) as usize;
    // right of the threshold, if absent goes left
    for (; load<f32>(flip) <= x; flip += FLIP_BYTES) strike(flip);
    flip = load<u32>(lists, 4);
    for (; load<f32>(flip) > x; flip += FLIP_BYTES) strike(flip);
  }
}

function strike(flip: usize): void {
  const mask = leafMasks + ((load<u32>(flip, FLIP_TREE) as usize) << 3);
  store<u64>(mask, load<u64>(mask) & load<u64>(flip, FLIP_LEAVES));
}

/** Value of the leaf a row falls into. */
export function leafOf(tree: usize): f32 {
  const leaf = ctz(load<u64>(leafMasks + (tree << 3))) as usize;
  return load<f32>(leafValues + ((tree * MAX_LEAVES + leaf) << 2));
}
