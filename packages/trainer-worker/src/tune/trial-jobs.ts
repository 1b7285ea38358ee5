import { type TrainJob, trainJobSchema } from "@colaml/shared/contracts/train";
import { defaultSearchSpace, type TrialSettings, type TuneJob } from "@colaml/shared/contracts/tune";
import { sampleTrials } from "./sample-trials";

/** The settings of every trial of a job: the same job gives the same. */
export function trialsOf(job: TuneJob): TrialSettings[] {
  return sampleTrials(job.space ?? defaultSearchSpace(job.boosting.booster), job.trials, job.random_seed);
}

/** The training of some settings under a tuning job; `parentRunId` and `number` make it a trial. */
export function trainJobOf(
  job: TuneJob,
  settings: TrialSettings,
  trial?: { parentRunId: string; number: number },
): TrainJob {
  const { learning_rate, depth, l2_leaf_reg, reg_lambda, iterations, ...features } = settings;
  const boosting = { learning_rate, depth, l2_leaf_reg, reg_lambda, iterations };
  const given = Object.entries(boosting).filter(([, value]) => value !== undefined);
  const { dataset, columns, split, champion, experiment, model, modelVersionTag } = job;
  return trainJobSchema.parse({
    dataset,
    columns,
    split,
    champion,
    experiment,
    model,
    modelVersionTag,
    max_train_rows: job.max_train_rows,
    max_rejected: job.max_rejected,
    min_class_rows: job.min_class_rows,
    similar_labels: job.similar_labels,
    promote: job.promote,
    requirePromotion: job.requirePromotion,
    // A search knows better.
    preset_hint: "off",
    features: { ...job.features, ...features },
    boosting: { ...job.boosting, ...Object.fromEntries(given) },
    ...(trial ? { trial } : {}),
  });
}

/** Id of a trial's job: fixed by the tuning job's, so that adding it again adds nothing. */
export function trialJobId(tuneJobId: string, number: number): string {
  return `${tuneJobId.replaceAll(":", "-")}-trial-${number}`;
}
