import { isLinear } from "@colaml/shared/learning/model/ensemble";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";
import { Kernel } from "./kernel";
import { L1_NORM, L2_NORM, NO_NORM } from "./kernel-facts";
import { placeLeafMasks } from "./leaf-masks";
import { placeDecisions } from "./place-decisions";
import { placeFeatures } from "./place-features";
import { placeTreeNodes } from "./tree-nodes";

const NORMS = { none: NO_NORM, l1: L1_NORM, l2: L2_NORM } as const;
/** Counts of a word in a text that are common; texts with more are scored as strings if the logarithm matters. */
const LOG_COUNTS = 256;

/** A kernel that holds a model: its vocabulary, idf, and trees or weights. The plan is up to the scorer. */
export function kernelOf(bundle: ModelBundle): Kernel {
  const kernel = new Kernel();
  const { exports } = kernel;
  const { features, idf, ensemble } = bundle;
  placeFeatures(kernel, bundle);
  exports.lowercase.value = features.lowercase ? 1 : 0;
  exports.idf.value = kernel.place(Float64Array.from(idf));
  exports.norm.value = NORMS[features.norm];
  exports.sublinear.value = features.sublinear_tf ? 1 : 0;
  exports.logCounts.value = kernel.place(
    Float64Array.from({ length: LOG_COUNTS }, (_, count) => Math.log(count) + 1),
  );
  exports.logCountsKnown.value = LOG_COUNTS;
  if (isLinear(ensemble)) placeLinear(kernel, ensemble);
  else placeTrees(kernel, ensemble);
  exports.groups.value = ensemble.nGroups;
  exports.baseMargin.value = ensemble.baseMargin;
  exports.margins.value = kernel.reserve(ensemble.nGroups * 4);
  exports.probabilities.value = kernel.reserve(bundle.classes.length * 8);
  exports.classes.value = bundle.classes.length;
  placeDecisions(kernel, bundle);
  return kernel;
}

function placeTrees(kernel: Kernel, ensemble: TreeEnsemble): void {
  if (!placeLeafMasks(kernel, ensemble)) placeTreeNodes(kernel, ensemble);
  kernel.exports.groupOf.value = kernel.place(Uint32Array.from(ensemble.trees, (tree) => tree.group));
}

/** Lays a linear model in as `kernel/linear-sum.ts` reads it. */
function placeLinear(kernel: Kernel, { weights, bias, baseMargin }: LinearEnsemble): void {
  kernel.exports.linearWeights.value = kernel.place(weights);
  // The scorer of strings starts from the same sum.
  kernel.exports.linearBias.value = kernel.place(bias.map((value) => value + Math.fround(baseMargin)));
}
