import type { TrainJob } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { TextFingerprint } from "@colaml/shared/learning/data/row-fingerprint";
import { PART } from "@colaml/shared/learning/data/split";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { SeenRows } from "@colaml/shared/learning/model/seen-rows";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { createTextScorer } from "../scoring/text-scorer";
import { planRows, type RowPlan } from "../training/data/plan-rows";

/** The test rows of a job, scored from their texts by several models in one pass. */
export interface ScoredTestRows {
  plan: RowPlan;
  /** Class index of each test row. */
  classOf: Uint16Array;
  /** One list per model, in the order given: nRows x nClasses. */
  probabilities: Float64Array[];
  /** 1 for each test row whose text one of the filters knows. */
  seen: Uint8Array;
}

/**
 * Reads the dataset again, splits it as the training did, and scores its test rows; every model uses its own
 * vocabulary. All models must have the classes of the dataset.
 *
 * @param filters of the rows that models were trained on
 * @throws ColaError JOB_CANCELLED, and what reading throws
 */
export async function scoreTestRows(
  job: TrainJob,
  models: readonly ModelBundle[],
  filters: readonly SeenRows[],
  signal: AbortSignal,
): Promise<ScoredTestRows> {
  const { columns, dataset } = job;
  const reader = readDataset(dataset, { text: columns.text, label: columns.label });
  const plan = await planRows(reader, job);
  const nClasses = plan.classes.length;
  const scorers = models.map(createTextScorer);
  const probabilities = models.map(() => new Float64Array(plan.rows.test * nClasses));
  const classOf = new Uint16Array(plan.rows.test);
  const seen = new Uint8Array(plan.rows.test);
  const fingerprint = new TextFingerprint();
  let row = 0;
  let tested = 0;
  for await (const { bytes, textStart, textEnd, count } of reader.blocks()) {
    if (signal.aborted) throw new ColaError("JOB_CANCELLED", "the champion check was cancelled");
    for (let i = 0; i < count; i++, row++) {
      if (plan.partOf[row] !== PART.test) continue;
      classOf[tested] = plan.classOf[row]!;
      scorers.forEach((scorer, model) => {
        const scored = scorer.scoreBytes(bytes, textStart[i]!, textEnd[i]!);
        probabilities[model]!.set(scored, tested * nClasses);
      });
      fingerprint.of(bytes, textStart[i]!, textEnd[i]!);
      if (filters.some((filter) => filter.has(fingerprint))) seen[tested] = 1;
      tested++;
    }
  }
  return { plan, classOf, probabilities, seen };
}
