import { groups, probabilityOf } from "./probabilities";

/** Not 0 where the model has a decision rule: lines then hold a decision behind the label. */
export let decides: i32 = 0;
/** Thresholds: f64, one for each group; 0: the decision is the label. */
export let thresholds: usize = 0;
/** The rule abstains if the highest probability is below. */
export let abstainBelow: f64 = 0;
/** How often each class was decided, and behind them how often none was: u32 each. */
export let decisionCounts: usize = 0;

/** The decision as `createDecider` has it: a class, or the number of classes for abstaining. Counts it. */
export function decide(label: i32): i32 {
  const decision = probabilityOf(label) < abstainBelow ? abstained() : chosen(label);
  const count = decisionCounts + ((decision as usize) << 2);
  store<u32>(count, load<u32>(count) + 1);
  return decision;
}

function abstained(): i32 {
  return groups === 1 ? 2 : groups;
}

function chosen(label: i32): i32 {
  if (thresholds === 0) return label;
  if (groups === 1) return probabilityOf(1) > load<f64>(thresholds) ? 1 : 0;
  let best = 0;
  let highest = ratioOf(0);
  for (let k = 1; k < groups; k++) {
    const ratio = ratioOf(k);
    if (ratio > highest) {
      best = k;
      highest = ratio;
    }
  }
  return best;
}

function ratioOf(k: i32): f64 {
  return probabilityOf(k) / load<f64>(thresholds + ((k as usize) << 3));
}
