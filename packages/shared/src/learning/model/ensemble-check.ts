import { ColaError } from "../../errors/cola-error";
import { MODEL_LIMITS } from "./model-limits";
import type { Tree, TreeEnsemble } from "./tree-ensemble";

/**
 * Refuses an ensemble that scoring could trip over: lengths, child and feature indexes, cycles, shared nodes,
 * numbers that are not finite, more trees or deeper ones than a training makes.
 *
 * @throws ColaError MODEL_CORRUPT naming tree and node
 */
export function checkEnsemble(ensemble: TreeEnsemble): void {
  const { nFeatures, nGroups, baseMargin, trees } = ensemble;
  if (!Number.isInteger(nFeatures) || nFeatures < 1) refuse(`${nFeatures} features`);
  if (!Number.isInteger(nGroups) || nGroups < 1) refuse(`${nGroups} tree groups`);
  if (!Number.isFinite(baseMargin)) refuse("the base score is not a finite number");
  if (Math.abs(baseMargin) > MODEL_LIMITS.margin) refuse(`the base score is beyond ${MODEL_LIMITS.margin}`);
  if (trees.length % nGroups !== 0) refuse(`${trees.length} trees do not make whole rounds of ${nGroups}`);
  if (trees.length / nGroups > MODEL_LIMITS.rounds)
    refuse(`${trees.length / nGroups} trees per class, more than ${MODEL_LIMITS.rounds}`);
  for (const [i, tree] of trees.entries()) {
    if (!(Number.isInteger(tree.group) && tree.group >= 0 && tree.group < nGroups))
      refuse(`tree ${i} has no group`);
    checkTree(tree, i, nFeatures);
  }
}

function checkTree(tree: Tree, id: number, nFeatures: number): void {
  const nNodes = tree.left.length;
  const { right, feature, value, defaultLeft, gain, cover } = tree;
  if (nNodes === 0) refuse(`tree ${id} is empty`);
  for (const array of [right, feature, value, defaultLeft, gain, cover]) {
    if (array.length !== nNodes) refuse(`tree ${id} has arrays of different lengths`);
  }
  // Every node but the root must be the child of exactly one node that comes from the root: then there is no cycle.
  const seen = new Uint8Array(nNodes);
  const depth = new Uint8Array(nNodes);
  const waiting = [0];
  while (waiting.length > 0) {
    const node = waiting.pop()!;
    if (seen[node]) refuse(`tree ${id} reaches node ${node} twice`);
    seen[node] = 1;
    for (const array of [value, gain, cover]) {
      if (!Number.isFinite(array[node])) refuse(`tree ${id} node ${node} holds a number that is not finite`);
    }
    if (tree.left[node] === -1 && right[node] === -1) {
      if (Math.abs(value[node]!) > MODEL_LIMITS.margin)
        refuse(`tree ${id} leaf ${node} is beyond ${MODEL_LIMITS.margin}`);
      continue;
    }
    if (!(feature[node]! >= 0 && feature[node]! < nFeatures))
      refuse(`tree ${id} node ${node} splits an unknown feature`);
    if (depth[node] === MODEL_LIMITS.depth) refuse(`tree ${id} is deeper than ${MODEL_LIMITS.depth}`);
    for (const child of [tree.left[node]!, right[node]!]) {
      if (!(child > 0 && child < nNodes))
        refuse(`tree ${id} node ${node} points at node ${child} of ${nNodes}`);
      depth[child] = depth[node]! + 1;
      waiting.push(child);
    }
  }
}

function refuse(what: string): never {
  throw new ColaError("MODEL_CORRUPT", `the trees are damaged: ${what}`);
}
