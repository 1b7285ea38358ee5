import { leafOf, maskedTrees, strikeLeaves } from "./leaf-masks";
import { linearWeights, sumWeights } from "./linear-sum";
import { clearRow, fillRow, walkedLeaf, walkedTrees } from "./tree-walk";

/** The host's `Math.exp`: the same bits as everywhere else. */
declare function exp(x: f64): f64;

/** Margins per row: 1 for two classes, else one per class. */
export let groups: i32 = 1;
/** The group of each tree: u32 each. */
export let groupOf: usize = 0;
export let baseMargin: f32 = 0;
/** Margins: f32, `groups`. */
export let margins: usize = 0;
/** Probabilities: f64, one per class. */
export let probabilities: usize = 0;

/** Probabilities of the terms found. Returns the predicted class: the most probable, the first of equals. */
export function predict(): i32 {
  if (linearWeights !== 0) sumWeights(margins, groups);
  else sumLeaves();
  if (groups === 1) {
    const p = sigmoid(load<f32>(margins)) as f64;
    store<f64>(probabilities, 1 - p);
    store<f64>(probabilities, p, 8);
    return p > 1 - p ? 1 : 0;
  }
  if (linearWeights === 0 || !oneAgainstRest()) softmax();
  return mostProbable();
}

/** The most probable class, the first of equals. */
export function mostProbable(): i32 {
  let best = 0;
  for (let k = 1; k < groups; k++) if (probabilityOf(k) > probabilityOf(best)) best = k;
  return best;
}

/** Probability of a class. */
export function probabilityOf(k: i32): f64 {
  return load<f64>(probabilities + ((k as usize) << 3));
}

/** As XGBoost sums, in float32: leaf values of a group in tree order from 0, then the base margin. */
function sumLeaves(): void {
  memory.fill(margins, 0, (groups as usize) << 2);
  if (maskedTrees > 0) {
    strikeLeaves();
    if (groups === 1) {
      let sum: f32 = 0;
      for (let tree = 0; tree < maskedTrees; tree++) sum += leafOf(tree as usize);
      store<f32>(margins, sum);
    } else for (let tree = 0; tree < maskedTrees; tree++) addTo(tree as usize, leafOf(tree as usize));
  } else {
    fillRow();
    for (let tree = 0; tree < walkedTrees; tree++) addTo(tree as usize, walkedLeaf(tree as usize));
    clearRow();
  }
  for (let k: usize = 0; k < (groups as usize); k++) {
    store<f32>(margins + (k << 2), load<f32>(margins + (k << 2)) + baseMargin);
  }
}

function addTo(tree: usize, leaf: f32): void {
  const margin = margins + ((load<u32>(groupOf + (tree << 2)) as usize) << 2);
  store<f32>(margin, load<f32>(margin) + leaf);
}

/** XGBoost's logistic function, in float32. */
function sigmoid(margin: f32): f32 {
  return <f32>1 / (<f32>1 + (exp(-(margin as f64)) as f32));
}

/**
 * The logistic function of each margin, divided by their sum: float32 values, their sum in float64. False if float32
 * holds none of them.
 */
function oneAgainstRest(): bool {
  let sum: f64 = 0;
  for (let k: usize = 0; k < (groups as usize); k++) {
    const p = sigmoid(load<f32>(margins + (k << 2))) as f64;
    store<f64>(probabilities + (k << 3), p);
    sum += p;
  }
  const divisor = sum as f32;
  if (divisor === 0) return false;
  divideBy(divisor);
  return true;
}

function divideBy(divisor: f32): void {
  for (let k: usize = 0; k < (groups as usize); k++) {
    const at = probabilities + (k << 3);
    store<f64>(at, ((load<f64>(at) as f32) / divisor) as f64);
  }
}

/** XGBoost's softmax: exponentials in float32, their sum in float64. */
function softmax(): void {
  let highest = load<f32>(margins);
  for (let k: usize = 1; k < (groups as usize); k++) highest = max(highest, load<f32>(margins + (k << 2)));
  let sum: f64 = 0;
  for (let k: usize = 0; k < (groups as usize); k++) {
    const e = exp((load<f32>(margins + (k << 2)) - highest) as f64) as f32;
    store<f64>(probabilities + (k << 3), e as f64);
    sum += e as f64;
  }
  divideBy(sum as f32);
}
