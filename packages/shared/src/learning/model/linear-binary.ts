import { readLearner, viewOf } from "./xgboost-binary";

/** `GBLinearModelParam`: features, groups and 32 reserved numbers, 4 bytes each. Then u64 count and the weights. */
const PARAMETER_BYTES = 34 * 4;

/**
 * The weights of a `gblinear` model of one group that XGBoost 0.7 saved: nFeatures weights and then the bias.
 * @throws ColaError MODEL_CORRUPT
 */
export function readBinaryWeights(bytes: Uint8Array): Float32Array {
  const { nFeatures, bodyAt } = readLearner(bytes, "gblinear");
  const weightsAt = bodyAt + PARAMETER_BYTES + 8;
  const view = viewOf(bytes, weightsAt + (nFeatures + 1) * 4);
  // XGBoost writes -0 for some of what it never touched.
  return Float32Array.from({ length: nFeatures + 1 }, (_, i) => view.getFloat32(weightsAt + i * 4, true) + 0);
}
