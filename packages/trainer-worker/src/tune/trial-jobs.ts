import type { TrialSettings } from "@colaml/shared/contracts/search-space";
import { type TrainJob, type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import type { TuneJob } from "@colaml/shared/contracts/tune";
import type { PlannedTrial } from "./plan-trials";

/** Share of the training rows that a first look takes. */
const SAMPLE_SHARE = 0.25;

/** What of `boosting` holds for any booster. */
type Common = "random_seed" | "early_stopping_rounds" | "class_weights";

/** What of a training concerns only how it is run under a tuning job. */
type TrialFields = NonNullable<TrainJobInput["trial"]>;

/** How the trial of a tuning job is trained. */
export function trialFields(
  { number, onSample }: PlannedTrial,
  parentRunId: string,
  until: number | undefined,
): TrialFields {
  return {
    parentRunId,
    number,
    ...(onSample ? { trainShare: SAMPLE_SHARE } : {}),
    // the first trial is not cut: there is a model whatever happens
    ...(until === undefined || number === 0 ? {} : { until }),
  };
}

/** The training of some settings under a tuning job; `trial` makes it a trial. */
export function trainJobOf(job: TuneJob, settings: TrialSettings, trial?: TrialFields): TrainJob {
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
    max_minutes: job.max_minutes,
    max_rejected: job.max_rejected,
    min_class_rows: job.min_class_rows,
    similar_labels: job.similar_labels,
    promote: job.promote,
    requirePromotion: job.requirePromotion,
    // The preset also takes a sample of the rows if the features of all would not fit.
    preset: settings.booster === "gblinear" ? "best" : "seed",
    preset_hint: "off",
    ...learningOf(job, settings),
    ...(trial ? { trial } : {}),
  });
}

function learningOf(job: TuneJob, settings: TrialSettings): Pick<TrainJobInput, "features" | "boosting"> {
  const { booster, learning_rate, depth, l2_leaf_reg, max_bin, ...others } = settings;
  const { reg_lambda, iterations, class_weights, ...features } = others;
  const ofTrees = { depth, l2_leaf_reg, max_bin };
  const boosting = { booster, learning_rate, ...ofTrees, reg_lambda, iterations, class_weights };
  const given = Object.entries(boosting).filter(([, value]) => value !== undefined);
  return {
    features: { ...featuresBelow(job, settings), ...features },
    boosting: { ...boostingBelow(job, booster), ...Object.fromEntries(given) },
  };
}

/** The job's own features, without what is of other analyzers. */
function featuresBelow({ features }: TuneJob, { analyzer }: TrialSettings): TrainJobInput["features"] {
  if (analyzer === undefined) return features;
  const { analyzer: _, char_ngram_range: _range, char_max_features: _most, ...others } = features;
  return others;
}

/** The job's own settings of boosting, without those of another booster. */
function boostingBelow({ boosting }: TuneJob, booster: TrialSettings["booster"]): TrainJobInput["boosting"] {
  if (booster === undefined || booster === boosting.booster) return boosting;
  const { random_seed, early_stopping_rounds, class_weights } = boosting;
  return { random_seed, early_stopping_rounds, class_weights } satisfies Pick<typeof boosting, Common>;
}

/**
 * Id of a trial's job: fixed by the tuning job's, so that adding it again adds nothing.
 *
 * @param again how often it was given another job, because a service was away through all attempts of the one before
 */
export function trialJobId(tuneJobId: string, number: number, again = 0): string {
  const id = `${tuneJobId.replaceAll(":", "-")}-trial-${number}`;
  return again === 0 ? id : `${id}-again-${again}`;
}
