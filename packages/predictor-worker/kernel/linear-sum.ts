import { found, foundCount } from "./bag-of-words";
import { weights } from "./tfidf-weights";

/** Not 0 for a linear model: each feature's weights (f32), the groups side by side. */
export let linearWeights: usize = 0;
/** Margin that each group starts from: f32 each. */
export let linearBias: usize = 0;

/**
 * Margins of a linear model as XGBoost sums them, in float32: bias, then weight times value of the terms found, in
 * their order, each product and each sum rounded.
 */
export function sumWeights(margins: usize, groups: i32): void {
  if (groups === 1) {
    let sum = load<f32>(linearBias);
    for (let i = 0; i < foundCount; i++) sum += featureValue(i) * load<f32>(linearWeights + (termOf(i) << 2));
    store<f32>(margins, sum);
    return;
  }
  const bytes = (groups as usize) << 2;
  memory.copy(margins, linearBias, bytes);
  for (let i = 0; i < foundCount; i++) {
    const value = featureValue(i);
    const from = linearWeights + termOf(i) * bytes;
    for (let at: usize = 0; at < bytes; at += 4) {
      store<f32>(margins + at, load<f32>(margins + at) + value * load<f32>(from + at));
    }
  }
}

function featureValue(i: i32): f32 {
  return load<f64>(weights + ((i as usize) << 3)) as f32;
}

function termOf(i: i32): usize {
  return load<u32>(found + ((i as usize) << 2)) as usize;
}
