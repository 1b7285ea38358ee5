import { readDataset } from "@colaml/shared/data/dataset-reader";
import { PART } from "@colaml/shared/data/split";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { TrainJob } from "@colaml/shared/jobs/train";
import type { ModelBundle } from "@colaml/shared/model/model-bundle";
import { planRows, type RowPlan } from "../data/plan-rows";
import { createTextScorer } from "../text-scorer";

/** The test rows of a job, scored from their texts by several models in one pass. */
export interface ScoredTestRows {
  plan: RowPlan;
  /** Class index of each test row. */
  classOf: Uint16Array;
  /** A list a model, in the order given: nRows x nClasses. */
  probabilities: Float64Array[];
}

/**
 * Reads the dataset again, splits it as the training did, and scores its test rows; every model uses its own
 * vocabulary. All models must have the classes of the dataset.
 *
 * @throws ColaError JOB_CANCELLED, and what reading throws
 */
export async function scoreTestRows(
  job: TrainJob,
  models: readonly ModelBundle[],
  signal: AbortSignal,
): Promise<ScoredTestRows> {
  const { columns, dataset } = job;
  const reader = readDataset(dataset, { text: columns.text, label: columns.label });
  const plan = await planRows(reader, job);
  const nClasses = plan.classes.length;
  const scorers = models.map(createTextScorer);
  const probabilities = models.map(() => new Float64Array(plan.rows.test * nClasses));
  const classOf = new Uint16Array(plan.rows.test);
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
      tested++;
    }
  }
  return { plan, classOf, probabilities };
}
