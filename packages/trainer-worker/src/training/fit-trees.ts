import { boost } from "@colaml/shared/learning/model/boosting";
import type { LabelledRows } from "@colaml/shared/learning/model/training-input";
import type { CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";
import { scoreRows } from "../scoring/score-rows";
import { boostingRounds } from "./boosting-rounds";
import { readMatrices } from "./data/read-matrices";
import type { FitHooks, FitInput, FittedModel } from "./fitted-model";

/**
 * Boosts trees: every row's features are in memory, which with few terms is little.
 *
 * @throws ColaError as `boost`, and what reading throws
 */
export async function fitTrees(input: FitInput, hooks: FitHooks): Promise<FittedModel> {
  const { job, reader, plan, features, vocabulary, facts, labels } = input;
  const { signal } = hooks;
  const matrices = await readMatrices(reader, plan, features, vocabulary, facts, hooks);
  const { onIteration } = boostingRounds(input, hooks);
  const boosted = await boost({
    ...labelled(matrices.train, labels.train),
    validation: labelled(matrices.validation, labels.validation),
    classes: plan.classes,
    settings: job.boosting,
    signal,
    onIteration,
  });
  hooks.progress({ stage: "evaluate" });
  const scored = (matrix: CsrMatrix) => scoreRows(boosted.ensemble, matrix, signal);
  return {
    boosted,
    validation: await scored(matrices.validation),
    test: await scored(matrices.test),
  };
}

/** Rows as the trainer takes them. */
function labelled(
  { nRows, nColumns, indptr, indices, data }: CsrMatrix,
  labels: ArrayLike<number>,
): LabelledRows {
  return { matrix: { nRows, nColumns, indptr, indices, values: data }, labels };
}
