import { RowPacker } from "../text/packed-rows";
import { checkBoostingSettings } from "./boosting-parameters";
import { bestIterationOf } from "./boosting-progress";
import { evenlySpaced } from "./growing-margins";
import type { LinearEnsemble } from "./linear-ensemble";
import type { LinearFit } from "./linear-rounds";
import { checkLinearPath, type LinearPath, LinearTraining } from "./linear-training";
import {
  type BoostInput,
  type BoostResult,
  groupsOf,
  type LabelledRows,
  MAX_MEASURED_ROWS,
} from "./training-input";
import { checkMatrix, columnCounts, type TrainingMatrix } from "./training-matrix";
import type { ThreadLimits } from "./training-thread";

/** Several linear models of the rows of one matrix. */
export interface LinearPathInput extends Omit<LinearPath, "validation">, ThreadLimits {
  matrix: TrainingMatrix;
  /** A round is measured on evenly spaced ones, at most `maxMeasuredRows`; absent: `MAX_MEASURED_ROWS`. */
  validation?: LabelledRows;
  maxMeasuredRows?: number;
}

/**
 * Fits a linear model per L2 penalty on the rows of a matrix, as `LinearTraining.fit` does.
 * @throws ColaError as `boost`
 */
export async function fitLinearPath(input: LinearPathInput): Promise<LinearFit[]> {
  const { matrix, signal, threadMemoryMb, validation, maxMeasuredRows, ...path } = input;
  const limits = { ...(signal && { signal }), ...(threadMemoryMb === undefined ? {} : { threadMemoryMb }) };
  checkMatrix(matrix);
  if (validation) checkMatrix(validation.matrix);
  checkLinearPath(input, matrix);
  const { nRows, indptr, indices, values } = matrix;
  const shape = { nRows, columnCounts: columnCounts(matrix), nGroups: groupsOf(input.classes) };
  const training = new LinearTraining(shape, limits);
  try {
    for (let row = 0; row < nRows; row++) {
      const full = training.add(indices, values, indptr[row + 1]! - indptr[row]!, indptr[row]!);
      if (full) await full;
    }
    const measured = validation && packed(validation, maxMeasuredRows ?? MAX_MEASURED_ROWS.validation);
    return await training.fit({ ...path, ...(measured && { validation: measured }) });
  } finally {
    await training.close();
  }
}

function packed({ matrix, labels }: LabelledRows, maxRows: number): NonNullable<LinearPath["validation"]> {
  const { nRows, indptr, indices, values } = matrix;
  const rows = evenlySpaced(nRows, maxRows);
  const packer = new RowPacker();
  for (const row of rows) packer.add(indices, values, indptr[row + 1]! - indptr[row]!, indptr[row]!);
  return { matrix: packer.build(), labels: Uint16Array.from(rows, (row) => labels[row]!) };
}

/**
 * Trains a linear model: see `boost`. More than two classes are trained one against the rest.
 * @throws ColaError as `boost`
 */
export async function boostLinear(input: BoostInput): Promise<BoostResult<LinearEnsemble>> {
  const { onIteration, ...rest } = input;
  const settings = checkBoostingSettings(input.settings);
  const [fit] = await fitLinearPath({
    ...rest,
    settings,
    regLambdas: [settings.reg_lambda ?? 0],
    ...(onIteration ? { onRound: onIteration } : {}),
  });
  return boostedBy(fit!);
}

/** A fit as the result of a training. */
export function boostedBy({ ensemble, history }: LinearFit): BoostResult<LinearEnsemble> {
  const bestIteration = bestIterationOf(history);
  const result = { ensemble, history, iterations: ensemble.rounds };
  return bestIteration === undefined ? result : { ...result, bestIteration };
}
