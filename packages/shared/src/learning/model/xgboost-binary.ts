import { ColaError } from "../../errors/cola-error";
import type { Tree, TreeEnsemble } from "./tree-ensemble";

/*
 * XGBoost 0.7's own format, little-endian: learner parameters (136 bytes), objective and booster names (u64 length,
 * bytes), gbtree parameters (160 bytes), trees, and the class of each tree (i32). A tree is 37 i32 of parameters,
 * nodes of 20 bytes and statistics of 16.
 */
const LEARNER_BYTES = 136;
const BOOSTER_BYTES = 160;
const TREE_PARAMETER_BYTES = 148;
const NODE_BYTES = 20;
const STATISTICS_BYTES = 16;
const MISSING_LEFT = 0x80000000;

function corrupt(what: string): ColaError {
  return new ColaError("MODEL_CORRUPT", `XGBoost binary model: ${what}`);
}

/** What stands before the trees. */
export interface BinaryHeader extends Omit<Learner, "bodyAt"> {
  nTrees: number;
  /** Byte of the first tree. */
  treesAt: number;
}

/**
 * The bytes of a model, of which those before `end` are needed.
 * @throws ColaError MODEL_CORRUPT
 */
export function viewOf(bytes: Uint8Array, end = 0): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  need(view, end);
  return view;
}

function need(view: DataView, end: number): void {
  if (end > view.byteLength) throw corrupt(`cut off: byte ${end} of ${view.byteLength} is needed`);
}

function readName(view: DataView, at: number): { name: string; end: number } {
  need(view, at + 8);
  const length = view.getUint32(at, true);
  if (length > 256) throw corrupt(`a name of ${length} bytes`);
  need(view, at + 8 + length);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 8, length);
  return { name: new TextDecoder().decode(bytes), end: at + 8 + length };
}

/** What stands before the parameters of a booster. */
export interface Learner {
  baseMargin: number;
  nFeatures: number;
  /** 0 or 1 for binary. */
  nClasses: number;
  objective: string;
  /** Byte of the booster's own parameters. */
  bodyAt: number;
}

/**
 * Reads what stands before the parameters of a booster.
 * @throws ColaError MODEL_CORRUPT
 */
export function readLearner(bytes: Uint8Array, wanted: "gbtree" | "gblinear"): Learner {
  const view = viewOf(bytes, LEARNER_BYTES);
  const objective = readName(view, LEARNER_BYTES);
  const booster = readName(view, objective.end);
  if (booster.name !== wanted) throw corrupt(`booster ${JSON.stringify(booster.name)} instead of ${wanted}`);
  return {
    // XGBoost writes -0 for none.
    baseMargin: view.getFloat32(0, true) + 0,
    nFeatures: view.getUint32(4, true),
    nClasses: view.getInt32(8, true),
    objective: objective.name,
    bodyAt: booster.end,
  };
}

/**
 * Reads what stands before the trees.
 * @throws ColaError MODEL_CORRUPT
 */
export function readBinaryHeader(bytes: Uint8Array): BinaryHeader {
  const { bodyAt, ...learner } = readLearner(bytes, "gbtree");
  const view = viewOf(bytes, bodyAt + BOOSTER_BYTES);
  return { ...learner, nTrees: view.getInt32(bodyAt, true), treesAt: bodyAt + BOOSTER_BYTES };
}

function emptyTree(nNodes: number): Tree {
  return {
    group: 0,
    left: new Int32Array(nNodes).fill(-1),
    right: new Int32Array(nNodes).fill(-1),
    feature: new Int32Array(nNodes),
    value: new Float32Array(nNodes),
    defaultLeft: new Uint8Array(nNodes),
    gain: new Float32Array(nNodes),
    cover: new Float32Array(nNodes),
  };
}

/** Nodes in use, breadth first from the root: pruned ones stay in the file. */
function liveNodes(view: DataView, nodesAt: number, nNodes: number): number[] {
  const order = [0];
  for (let i = 0; i < order.length; i++) {
    const at = nodesAt + order[i]! * NODE_BYTES;
    const left = view.getInt32(at + 4, true);
    if (left === -1) continue;
    const right = view.getInt32(at + 8, true);
    for (const child of [left, right]) {
      if (child <= 0 || child >= nNodes) throw corrupt(`child ${child} of a tree of ${nNodes} nodes`);
      order.push(child);
    }
    if (order.length > nNodes) throw corrupt("a cycle in a tree");
  }
  return order;
}

/**
 * Reads the tree at byte `at`; its group is in the list after all trees, see `readBinaryModel`.
 * @throws ColaError MODEL_CORRUPT
 */
export function readBinaryTree(bytes: Uint8Array, at: number): { tree: Tree; end: number } {
  const view = viewOf(bytes);
  need(view, at + TREE_PARAMETER_BYTES);
  const nNodes = view.getInt32(at + 4, true);
  const nodesAt = at + TREE_PARAMETER_BYTES;
  const statisticsAt = nodesAt + nNodes * NODE_BYTES;
  const end = statisticsAt + nNodes * STATISTICS_BYTES;
  if (nNodes < 1) throw corrupt(`a tree of ${nNodes} nodes`);
  need(view, end);
  const order = liveNodes(view, nodesAt, nNodes);
  const numberOf = new Map(order.map((node, i) => [node, i]));
  const tree = emptyTree(order.length);
  order.forEach((node, i) => {
    const nodeAt = nodesAt + node * NODE_BYTES;
    const left = view.getInt32(nodeAt + 4, true);
    tree.value[i] = view.getFloat32(nodeAt + 16, true);
    tree.cover[i] = view.getFloat32(statisticsAt + node * STATISTICS_BYTES + 4, true);
    if (left === -1) return;
    const split = view.getUint32(nodeAt + 12, true);
    tree.left[i] = numberOf.get(left)!;
    tree.right[i] = numberOf.get(view.getInt32(nodeAt + 8, true))!;
    tree.feature[i] = split & ~MISSING_LEFT;
    tree.defaultLeft[i] = split >>> 31;
    tree.gain[i] = view.getFloat32(statisticsAt + node * STATISTICS_BYTES, true);
  });
  return { tree, end };
}

/**
 * Parses a model that XGBoost 0.7 saved.
 * @throws ColaError MODEL_CORRUPT
 */
export function readBinaryModel(bytes: Uint8Array): TreeEnsemble {
  const header = readBinaryHeader(bytes);
  const { objective } = header;
  if (objective !== "binary:logistic" && objective !== "multi:softprob") {
    throw corrupt(`objective ${JSON.stringify(objective)}, binary:logistic and multi:softprob are known`);
  }
  const trees: Tree[] = [];
  let at = header.treesAt;
  for (let i = 0; i < header.nTrees; i++) {
    const { tree, end } = readBinaryTree(bytes, at);
    trees.push(tree);
    at = end;
  }
  const view = viewOf(bytes);
  need(view, at + trees.length * 4);
  trees.forEach((tree, i) => {
    tree.group = view.getInt32(at + i * 4, true);
  });
  return {
    objective,
    nFeatures: header.nFeatures,
    nGroups: objective === "binary:logistic" ? 1 : header.nClasses,
    baseMargin: header.baseMargin,
    trees,
  };
}
