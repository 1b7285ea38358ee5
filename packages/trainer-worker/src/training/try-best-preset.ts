import type { BestPreset, TrainJob } from "@colaml/shared/contracts/train";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { PART } from "@colaml/shared/learning/data/split";
import { fitLinearPath } from "@colaml/shared/learning/model/linear-boosting";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import type { LabelledRows } from "@colaml/shared/learning/model/training-input";
import { CsrBuilder } from "@colaml/shared/learning/text/csr-matrix";
import { fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { boostingSchema } from "@colaml/shared/settings/boosting-settings";
import { featuresSchema } from "@colaml/shared/settings/features-settings";
import { presetFields } from "@colaml/shared/settings/preset-payload";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import type { RowPlan } from "./data/plan-rows";
import { withStopWords } from "./data/read-stop-words";

/** Files with more rows take long to train and to read once more: nothing is tried. */
const MOST_ROWS = 250_000;
/** With more classes a quick fit is not quick. */
const MOST_CLASSES = 20;
/** Rows and bytes of text that the quick fit takes at most, of each part: about a second. */
const SAMPLE = { [PART.train]: 3_000, [PART.validation]: 1_500 } as const;
const SAMPLE_BYTES = { [PART.train]: 400_000, [PART.validation]: 200_000 } as const;
/** Fewer validation rows show no difference of two points. */
const LEAST_VALIDATION_ROWS = 100;
/** One penalty, which is never far from the best, and few rounds. */
const PENALTY = 0.1;
const ROUNDS = 8;
/** What is worth a line. */
const WORTH = 0.02;

/** Sampled rows of one part. */
interface Sample {
  texts: Buffer[];
  labels: number[];
  /** Number of each row within its part. */
  rows: number[];
}

/** A model of the preset seed as it did on the validation rows. */
export interface JudgedRows {
  classOf: Uint16Array;
  /** nRows x nClasses. */
  probabilities: Float64Array;
}

/**
 * What the preset best would give on validation rows, by a quick linear fit on a sample: only if it is more than two
 * points better than the model that was trained. A fit that fails says why in `note`: it must not fail the training.
 *
 * @throws ColaError JOB_CANCELLED
 */
export async function tryBestPreset(
  reader: DatasetReader,
  job: TrainJob,
  plan: RowPlan,
  validation: JudgedRows,
  signal: AbortSignal,
): Promise<{ bestPreset?: BestPreset; note?: string }> {
  if (!isWanted(job, plan)) return {};
  try {
    const tried = await quickFit(reader, plan, validation, signal);
    return tried.validationAccuracy - tried.trainedAccuracy > WORTH ? { bestPreset: tried } : {};
  } catch (error) {
    if (error instanceof ColaError && error.code === "JOB_CANCELLED") throw error;
    return { note: `what --preset best would give could not be tried: ${messageOf(error)}` };
  }
}

function isWanted({ preset, preset_hint, trial }: TrainJob, { partOf, rows, classes }: RowPlan): boolean {
  return (
    preset === "seed" &&
    preset_hint === "on" &&
    trial === undefined &&
    partOf.length <= MOST_ROWS &&
    classes.length <= MOST_CLASSES &&
    rows.validation >= LEAST_VALIDATION_ROWS
  );
}

async function quickFit(
  reader: DatasetReader,
  plan: RowPlan,
  judged: JudgedRows,
  signal: AbortSignal,
): Promise<BestPreset> {
  const started = performance.now();
  const [train, validation] = await sampleTexts(reader, plan, signal);
  const best = presetFields("best");
  const features = await withStopWords(featuresSchema.parse(best.features));
  const vocabulary = await fitVocabulary(features, async (documents) => {
    for (const text of train.texts) documents.addBytes(text, 0, text.length);
  });
  const transform = new TfidfTransform({ features, ...vocabulary });
  const matrixOf = ({ texts, labels }: Sample): LabelledRows => {
    const builder = new CsrBuilder(vocabulary.terms.length, texts.length, 256);
    for (const text of texts) {
      transform.transformBytes(text, 0, text.length);
      builder.add(transform.indices, transform.values, transform.count);
    }
    const { data: values, ...matrix } = builder.build();
    return { matrix: { ...matrix, values }, labels };
  };
  const settings = boostingSchema.parse({ ...best.boosting, reg_lambda: 0, iterations: ROUNDS });
  const [fit] = await fitLinearPath({
    ...matrixOf(train),
    validation: matrixOf(validation),
    classes: plan.classes,
    settings,
    regLambdas: [PENALTY / train.texts.length],
    select: "error",
    maxMeasuredTrainRows: 1,
    maxMeasuredRows: validation.texts.length,
    signal,
  });
  const { error } = fit!.history[fit!.ensemble.rounds - 1]!.validation!;
  return {
    validationAccuracy: 1 - error,
    trainedAccuracy: accuracyOn(validation.rows, judged, plan.classes.length),
    rows: { train: train.texts.length, validation: validation.texts.length },
    seconds: (performance.now() - started) / 1000,
  };
}

/** Evenly spaced training and validation rows. */
async function sampleTexts(
  reader: DatasetReader,
  { partOf, classOf, rows, textBytes }: RowPlan,
  signal: AbortSignal,
): Promise<[train: Sample, validation: Sample]> {
  const bytesPerRow = Math.max(1, textBytes / partOf.length);
  const every = (part: 0 | 1, of: number) =>
    Math.max(1, Math.ceil(of / Math.max(1, Math.min(SAMPLE[part], SAMPLE_BYTES[part] / bytesPerRow))));
  const steps = [every(PART.train, rows.train), every(PART.validation, rows.validation)];
  const samples = steps.map((): Sample => ({ texts: [], labels: [], rows: [] }));
  const met = [0, 0];
  let row = 0;
  for await (const { bytes, textStart, textEnd, count } of reader.blocks()) {
    if (signal.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
    for (let i = 0; i < count; i++) {
      const part = partOf[row++]!;
      const sample = samples[part];
      if (sample === undefined) continue;
      const number = met[part]!++;
      if (number % steps[part]! !== 0) continue;
      sample.texts.push(Buffer.from(bytes.subarray(textStart[i]!, textEnd[i]!)));
      sample.labels.push(classOf[row - 1]!);
      sample.rows.push(number);
    }
  }
  return [samples[0]!, samples[1]!];
}

function accuracyOn(
  rows: readonly number[],
  { classOf, probabilities }: JudgedRows,
  nClasses: number,
): number {
  const predicted = predictedClasses(probabilities, nClasses);
  return rows.filter((row) => predicted[row] === classOf[row]).length / rows.length;
}
