import { PART } from "@colaml/shared/learning/data/split";
import { evenlySpaced } from "@colaml/shared/learning/model/growing-margins";
import { boostedBy } from "@colaml/shared/learning/model/linear-boosting";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import { createLinearScorer } from "@colaml/shared/learning/model/linear-scorer";
import { type LinearPath, LinearTraining } from "@colaml/shared/learning/model/linear-training";
import { groupsOf } from "@colaml/shared/learning/model/training-input";
import { RowPacker } from "@colaml/shared/learning/text/packed-rows";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { boostingRounds } from "./boosting-rounds";
import { boostByValidation, MEASURED_ROWS } from "./choose-penalty";
import { eachRow } from "./data/each-row";
import type { FitHooks, FitInput, FittedModel } from "./fitted-model";
import { collectGarbage, MANY_ROWS } from "./process-memory";

/**
 * Rows that a round is measured on if it is no question of choosing: 5 to 6 bytes per value of a validation row are in memory.
 */
const MEASURED_ROWS_OF_ONE = { train: 100_000, validation: 100_000 } as const;

/**
 * Fits a linear model. With tens of thousands of terms the features of all rows are most of what a training needs: those of
 * the training rows go to the trainer as they are read, those of validation rows are kept as far as the rounds are
 * measured on them, and the held-out rows are scored from their texts when the model is there.
 *
 * @throws ColaError as `boost`, and what reading throws
 */
export async function fitLinear(input: FitInput, hooks: FitHooks): Promise<FittedModel> {
  // What the vocabulary was counted with.
  if (input.plan.rows.train >= MANY_ROWS) collectGarbage();
  const transform = new TfidfTransform({ features: input.features, ...input.vocabulary });
  const fitted = await boostRows(input, transform, hooks);
  const scored = await scoreHeldOut(input, fitted.boosted.ensemble, transform, hooks);
  return { ...fitted, ...scored };
}

async function boostRows(
  input: FitInput,
  transform: TfidfTransform,
  hooks: FitHooks,
): Promise<Pick<FittedModel, "chosen"> & { boosted: { ensemble: LinearEnsemble } & FittedModel["boosted"] }> {
  const { job, plan, labels, vocabulary } = input;
  const { signal, onIteration } = hooks;
  const { documentFrequency } = vocabulary;
  const shape = {
    nRows: plan.rows.train,
    columnCounts: documentFrequency,
    nGroups: groupsOf(plan.classes),
  };
  const training = new LinearTraining(shape, { signal });
  try {
    const choosing = job.boosting.reg_lambda === "auto";
    const measured = choosing ? MEASURED_ROWS : MEASURED_ROWS_OF_ONE;
    const validation = await readRows(input, transform, training, measured.validation, hooks);
    const rounds = boostingRounds(input, hooks);
    const path = { labels: labels.train, validation, classes: plan.classes, settings: job.boosting };
    if (choosing) {
      return await boostByValidation(training, {
        ...path,
        ...(onIteration ? { onIteration } : {}),
        onRound: rounds.show,
      });
    }
    const regLambdas = [Number(job.boosting.reg_lambda ?? 0)];
    const [fit] = await training.fit({
      ...path,
      regLambdas,
      maxMeasuredTrainRows: measured.train,
      onRound: rounds.onIteration,
    });
    return { boosted: boostedBy(fit!) };
  } finally {
    await training.close();
  }
}

/** Hands the training rows to the trainer; returns the validation rows that rounds are measured on, evenly spaced. */
async function readRows(
  { reader, plan, labels }: FitInput,
  transform: TfidfTransform,
  training: LinearTraining,
  maxMeasured: number,
  hooks: FitHooks,
): Promise<NonNullable<LinearPath["validation"]>> {
  const picked = evenlySpaced(plan.rows.validation, maxMeasured);
  const packer = new RowPacker();
  let validated = 0;
  await eachRow(reader, plan, hooks, "transform", (bytes, start, end, part) => {
    const isMeasured = part === PART.validation && picked[packer.nRows] === validated++;
    if (part !== PART.train && !isMeasured) return undefined;
    transform.transformBytes(bytes, start, end);
    const { indices, values, count } = transform;
    if (part === PART.train) return training.add(indices, values, count);
    packer.add(indices, values, count);
    return undefined;
  });
  return { matrix: packer.build(), labels: Uint16Array.from(picked, (row) => labels.validation[row]!) };
}

/** Scores validation and test rows from their texts. */
async function scoreHeldOut(
  { reader, plan, facts }: FitInput,
  ensemble: LinearEnsemble,
  transform: TfidfTransform,
  hooks: FitHooks,
): Promise<Pick<FittedModel, "validation" | "test">> {
  const scorer = createLinearScorer(ensemble);
  const { nClasses } = scorer;
  const validation = new Float64Array(plan.rows.validation * nClasses);
  const test = new Float64Array(plan.rows.test * nClasses);
  await eachRow(reader, plan, hooks, "evaluate", (bytes, start, end, part) => {
    if (part !== PART.validation && part !== PART.test) return undefined;
    transform.transformBytes(bytes, start, end);
    const row = facts.offer(part, transform, bytes, start, end);
    const indices = transform.indices.subarray(0, transform.count);
    const values = transform.values.subarray(0, transform.count);
    const out = part === PART.test ? test : validation;
    scorer.probabilities({ indices, values }, out.subarray(row * nClasses, (row + 1) * nClasses));
    return undefined;
  });
  return { validation, test };
}
