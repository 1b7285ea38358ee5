import { ColaError } from "@colaml/shared/errors/cola-error";
import { TRAINING_HEAP_BYTES, trainingBytes } from "@colaml/shared/learning/model/training-memory";
import type { Vocabulary } from "@colaml/shared/learning/text/vocabulary";
import type { BoostingSettings } from "@colaml/shared/settings/boosting-settings";
import type { RowPlan } from "./plan-rows";

const MIB = 1_048_576;
/** Another sample of rows holds a little more or less of every word. */
const SAMPLE_MARGIN = 0.99;

/**
 * Refuses a training that exceeds the trainer's memory as soon as the vocabulary is known: before any matrix is
 * allocated and any run is created. Every value the training matrix will hold is known from the vocabulary's
 * document frequencies.
 *
 * @throws ColaError INPUT_TOO_LARGE naming the `max_train_rows` and the `max_features` that would fit
 */
export function checkTrainerMemory(
  { rows, classes }: Pick<RowPlan, "rows" | "classes">,
  { documentFrequency }: Pick<Vocabulary, "documentFrequency">,
  { depth, max_bin: maxBin }: Pick<BoostingSettings, "depth" | "max_bin">,
  maxMemoryMb: number,
): void {
  const budget = Math.min(maxMemoryMb * MIB, TRAINING_HEAP_BYTES);
  checkProbabilities(rows, classes.length, budget);
  const nGroups = classes.length === 2 ? 1 : classes.length;
  const bytesOf = (nRows: number, frequencies: Uint32Array, share: number) => {
    const stored = Math.ceil(frequencies.reduce((sum, df) => sum + df, 0) * share);
    return trainingBytes({ nRows, nColumns: frequencies.length, stored, nGroups, depth, maxBin });
  };
  const bytes = bytesOf(rows.train, documentFrequency, 1);
  if (bytes <= budget) return;
  const all = rows.train + rows.validation + rows.test;
  const fits = (n: number) =>
    bytesOf(Math.ceil(rows.train * (n / all)), documentFrequency, n / all) <= budget;
  const maxTrainRows = Math.floor(largest(all, fits) * SAMPLE_MARGIN);
  const byFrequency = Uint32Array.from(documentFrequency).sort().reverse();
  const maxFeatures = largest(
    byFrequency.length,
    (n) => bytesOf(rows.train, byFrequency.subarray(0, n), 1) <= budget,
  );
  const ways = [
    ...(maxTrainRows > 0 ? [`max_train_rows ${maxTrainRows}`] : []),
    ...(maxFeatures > 0 ? [`max_features ${maxFeatures}`] : []),
  ];
  const wayOut = ways.length > 0 ? `${ways.join(" or ")} would fit` : "give it more (COLAML_TRAIN_MEMORY_MB)";
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `${rows.train} training rows x ${documentFrequency.length} features need ${Math.ceil(bytes / MIB)} MiB, the trainer has ${Math.floor(budget / MIB)} MiB: ${wayOut}`,
    { details: { rows: rows.train, features: documentFrequency.length, bytes, maxTrainRows, maxFeatures } },
  );
}

/** The probabilities of the held-out rows, a float64 a row and class, are in memory as a whole. */
function checkProbabilities(
  { validation, test, train }: RowPlan["rows"],
  nClasses: number,
  budget: number,
): void {
  const bytes = (validation + test) * nClasses * 8;
  if (bytes <= budget) return;
  const maxTrainRows = Math.floor((train + validation + test) * (budget / bytes) * SAMPLE_MARGIN);
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `the probabilities of ${validation + test} held-out rows x ${nClasses} classes need ${Math.ceil(bytes / MIB)} MiB, the trainer has ${Math.floor(budget / MIB)} MiB: max_train_rows ${maxTrainRows} would fit`,
    { details: { rows: validation + test, classes: nClasses, bytes, maxTrainRows } },
  );
}

/** The largest n up to `most` that fits, 0 if none: fits(n) must fall once from true to false. O(log most). */
function largest(most: number, fits: (n: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
