import { parseClassRecall } from "@colaml/shared/contracts/class-recall";
import { type CompareJob, type CompareJobInput, compareJobSchema } from "@colaml/shared/contracts/compare";
import { type LabelsJob, type LabelsJobInput, labelsJobSchema } from "@colaml/shared/contracts/labels";
import { type MonitorJob, type MonitorJobInput, monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { type PredictJob, type PredictJobInput, predictJobSchema } from "@colaml/shared/contracts/predict";
import { type TrainJob, type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import { type TuneJob, type TuneJobInput, tuneJobSchema } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { ZodType } from "zod";
import { datasetOf } from "./dataset";

/** How a challenger is judged, under the names of the payload. */
export function championSettings(config: ColaConfig) {
  return {
    champion_threshold: config.champion.threshold,
    metric: config.champion.metric as "accuracy_score",
    rule: config.champion.rule as "evidence",
    alpha: config.champion.alpha,
  };
}

/** Settings of a `train` or `tune` payload under the names the seed and scikit-learn gave them. */
function learningSettings(config: ColaConfig) {
  return {
    columns: config.columns,
    split: {
      test_size: config.split.testSize,
      validation_size: config.split.validationSize,
      random_seed: config.split.randomSeed,
      stratify: config.split.stratify,
    },
    features: {
      max_features: config.features.maxFeatures,
      stop_words: config.features.stopWords as "english" | "none",
      token_pattern: config.features.tokenPattern,
      ngram_range: [config.features.ngramMin, config.features.ngramMax] as [number, number],
    },
    boosting: {
      iterations: config.boosting.iterations,
      learning_rate: config.boosting.learningRate,
      depth: config.boosting.depth,
      l2_leaf_reg: config.boosting.l2LeafReg,
      random_seed: config.boosting.randomSeed,
    },
    champion: championSettings(config),
    experiment: config.mlflow.experiment,
    model: config.model.name,
    modelVersionTag: config.model.versionTag,
    max_train_rows: config.train.maxRows,
    max_rejected: config.data.maxRejected,
    ...(config.train.minClassRows > 0 ? { min_class_rows: config.train.minClassRows } : {}),
    similar_labels: config.train.similarLabels as "join",
  };
}

/**
 * A payload checked by its queue's schema, every default filled in.
 * @throws ColaError JOB_INVALID naming the field; PARAMETER_INVALID for a token pattern that no trainer takes
 */
export function checkedPayload<T>(schema: ZodType<T>, payload: unknown): T {
  const parsed = schema.safeParse(payload);
  if (parsed.success) {
    checkTokenPattern(parsed.data);
    return parsed.data;
  }
  const issue = parsed.error.issues[0]!;
  const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  throw new ColaError("JOB_INVALID", `${where}${issue.message}`, {
    details: {
      issues: parsed.error.issues
        .slice(0, 10)
        .map(({ path, message }) => ({ path: path.join("."), message })),
    },
  });
}

function checkTokenPattern(payload: unknown): void {
  const { features } = payload as { features?: { token_pattern?: string } };
  if (features?.token_pattern !== undefined) compileTokenPattern(features.token_pattern);
}

/** Groups of settings a train payload is made of: what `cola train` offers as flags. */
export const TRAIN_SETTINGS = [
  "data",
  "columns",
  "split",
  "features",
  "boosting",
  "champion",
  "train.maxRows",
  "train.minClassRows",
  "train.similarLabels",
  "model.name",
  "model.versionTag",
  "mlflow.experiment",
] as const;

/** The `train` payload of a file under the configuration; `more` wins over it. */
export function trainPayload(config: ColaConfig, path: string, more: Partial<TrainJobInput> = {}): TrainJob {
  return checkedPayload(trainJobSchema, {
    dataset: datasetOf(config, path),
    ...learningSettings(config),
    ...more,
  });
}

/** The `tune` payload of a file under the configuration; `more` wins over it. */
export function tunePayload(config: ColaConfig, path: string, more: Partial<TuneJobInput> = {}): TuneJob {
  return checkedPayload(tuneJobSchema, {
    dataset: datasetOf(config, path),
    ...learningSettings(config),
    ...more,
  });
}

/** The model URI that the configuration follows, e.g. `models:/modelo_nuevo@champion`. */
export function configuredModel(config: ColaConfig): string {
  return `models:/${config.model.name}@${config.model.alias}`;
}

/** The `predict` payload; columns are those the model was trained with unless given in `more`. */
export function predictPayload(config: ColaConfig, more: Partial<PredictJobInput>): PredictJob {
  return checkedPayload(predictJobSchema, {
    model: configuredModel(config),
    transport: config.predict.transport,
    maxRejected: config.data.maxRejected,
    ...more,
  });
}

/** The `monitor` payload with the configured thresholds. */
export function monitorPayload(config: ColaConfig, more: Partial<MonitorJobInput>): MonitorJob {
  const classRecall = parseClassRecall(config.monitor.classRecall);
  return checkedPayload(monitorJobSchema, {
    model: configuredModel(config),
    experiment: config.mlflow.experiment,
    maxRejected: config.data.maxRejected,
    thresholds: {
      accuracy_score: config.monitor.accuracyThreshold,
      precision_score: config.monitor.precisionThreshold,
      recall_score: config.monitor.recallThreshold,
      f1_score: config.monitor.f1Threshold,
      ...(classRecall ? { class_recall: classRecall } : {}),
    },
    maxAmbiguous: config.monitor.maxAmbiguous,
    ...more,
  });
}

/** The `compare` payload; the baseline is the configured model unless given in `job`. */
export function comparePayload(config: ColaConfig, job: CompareJobInput): CompareJob {
  return checkedPayload(compareJobSchema, {
    baseline: configuredModel(config),
    maxRejected: config.data.maxRejected,
    ...job,
  });
}

/** The `labels` payload for the configured model. */
export function labelsPayload(config: ColaConfig, more: Partial<LabelsJobInput>): LabelsJob {
  return checkedPayload(labelsJobSchema, {
    model: config.model.name,
    maxRejected: config.data.maxRejected,
    ...more,
  });
}
