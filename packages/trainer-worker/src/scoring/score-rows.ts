import { setImmediate } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { createScorer, type Ensemble } from "@colaml/shared/learning/model/ensemble";
import type { CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";

/** Rows between two turns of the event loop: some ms, so that locks are renewed and signals heard. */
const ROWS_A_TURN = 5_000;

/**
 * Lets the event loop turn once.
 *
 * @throws ColaError JOB_CANCELLED
 */
export async function nextTurn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  if (signal.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
}

/**
 * Probabilities of every row: nRows x nClasses.
 *
 * @throws ColaError JOB_CANCELLED
 */
export async function scoreRows(
  ensemble: Ensemble,
  matrix: CsrMatrix,
  signal: AbortSignal,
): Promise<Float64Array> {
  const scorer = createScorer(ensemble);
  const { nClasses } = scorer;
  const probabilities = new Float64Array(matrix.nRows * nClasses);
  for (let row = 0; row < matrix.nRows; row++) {
    if (row % ROWS_A_TURN === 0) await nextTurn(signal);
    const from = matrix.indptr[row]!;
    const to = matrix.indptr[row + 1]!;
    const features = { indices: matrix.indices.subarray(from, to), values: matrix.data.subarray(from, to) };
    scorer.probabilities(features, probabilities.subarray(row * nClasses, (row + 1) * nClasses));
  }
  return probabilities;
}
