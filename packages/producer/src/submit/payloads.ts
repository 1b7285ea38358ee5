import { parseClassRecall } from "@colaml/shared/contracts/class-recall";
import { type CompareJob, type CompareJobInput, compareJobSchema } from "@colaml/shared/contracts/compare";
import { type LabelsJob, type LabelsJobInput, labelsJobSchema } from "@colaml/shared/contracts/labels";
import { type MonitorJob, type MonitorJobInput, monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { aliasUri } from "@colaml/shared/contracts/names";
import { type PredictJob, type PredictJobInput, predictJobSchema } from "@colaml/shared/contracts/predict";
import { type TrainJob, type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import { type TuneJob, type TuneJobInput, tuneJobSchema } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import { boostingPayload } from "@colaml/shared/settings/boosting-settings";

import { type ChampionSettings, championSettings } from "@colaml/shared/settings/champion-settings";
import type { Columns } from "@colaml/shared/settings/columns-settings";
import { decisionPayload } from "@colaml/shared/settings/decision-settings";
import { featuresOf } from "@colaml/shared/settings/features-settings";
import { mlflowSettings } from "@colaml/shared/settings/mlflow-settings";
import { modelSettings } from "@colaml/shared/settings/model-settings";
import { thresholdSettings } from "@colaml/shared/settings/monitor-settings";
import { payloadOf } from "@colaml/shared/settings/payload-fields";
import { predictSettings } from "@colaml/shared/settings/predict-settings";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { splitSettings } from "@colaml/shared/settings/split-settings";
import { textColumnsOf } from "@colaml/shared/settings/text-columns";
import { trainValues } from "@colaml/shared/settings/train-settings";
import type { ZodType } from "zod";
import { analyzerSettings } from "./analyzer-settings";
import { costMatrixOf } from "./cost-matrix";
import { datasetOf } from "./dataset";

/** How a challenger is judged, under the names of the payload. */
export const championPayload = ({ champion }: ColaConfig): Omit<ChampionSettings, "force"> =>
  payloadOf(championSettings, champion);

/** The columns that the configuration names. */
export function configuredColumns({ columns }: ColaConfig): Columns {
  return { ...columns, text: textColumnsOf(columns.text) };
}

/** Settings of a `train` or `tune` payload. */
function learningSettings(config: ColaConfig) {
  return {
    columns: configuredColumns(config),
    split: payloadOf(splitSettings, config.split),
    features: { ...featuresOf(config.features), ...analyzerSettings(config) },
    boosting: boostingPayload(config.boosting),
    decision: decisionPayload(config.decision, costMatrixOf(config.decision.costMatrix)),
    champion: championPayload(config),
    ...payloadOf(mlflowSettings, config.mlflow),
    ...payloadOf(modelSettings, config.model),
    ...trainValues(config.train),
    max_rejected: config.data.maxRejected,
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

const PRESET_SETTINGS = ["train.preset", "train.presetHint"];
/** Groups of settings that a train payload holds. */
const TRAIN_GROUPS = ["data", "columns", "split", "features", "boosting", "decision", "champion"];
/** Groups of which it holds what has a field in it. */
const PARTLY = ["train.", "model.", "mlflow."];

/** The settings that a train payload is made of: what `cola train` offers as flags. */
export const TRAIN_SETTINGS: readonly string[] = [
  ...TRAIN_GROUPS,
  "train.minClassRows",
  ...SETTINGS.filter(
    ({ key, payload }) => payload !== undefined && PARTLY.some((group) => key.startsWith(group)),
  ).map(({ key }) => key),
];

/** The same for tuning, which searches the settings itself: it has no preset. */
export const TUNE_SETTINGS = TRAIN_SETTINGS.filter((key) => !PRESET_SETTINGS.includes(key));

/** The `train` payload of a file under the configuration; `more` wins over it. */
export function trainPayload(config: ColaConfig, path: string, more: Partial<TrainJobInput> = {}): TrainJob {
  return checkedPayload(trainJobSchema, {
    dataset: datasetOf(config, path),
    ...learningSettings(config),
    ...more,
  });
}

/** The `tune` payload of a file under the configuration; `more` wins over it. A search has no preset. */
export function tunePayload(config: ColaConfig, path: string, more: Partial<TuneJobInput> = {}): TuneJob {
  const { preset: _preset, preset_hint: _hint, ...settings } = learningSettings(config);
  return checkedPayload(tuneJobSchema, {
    dataset: datasetOf(config, path),
    ...settings,
    ...more,
  });
}

/** The model URI that the configuration follows, e.g. `models:/modelo_nuevo@champion`. */
export function configuredModel(config: ColaConfig): string {
  return aliasUri(config.model.name, config.model.alias);
}

/** The `predict` payload; columns are those the model was trained with unless given in `more`. */
export function predictPayload(config: ColaConfig, more: Partial<PredictJobInput>): PredictJob {
  return checkedPayload(predictJobSchema, {
    model: configuredModel(config),
    ...payloadOf(predictSettings, config.predict),
    maxRejected: config.data.maxRejected,
    ...more,
  });
}

/** The `monitor` payload with the configured thresholds. */
export function monitorPayload(config: ColaConfig, more: Partial<MonitorJobInput>): MonitorJob {
  const classRecall = parseClassRecall(config.monitor.classRecall);
  return checkedPayload(monitorJobSchema, {
    model: configuredModel(config),
    ...payloadOf(mlflowSettings, config.mlflow),
    maxRejected: config.data.maxRejected,
    thresholds: {
      ...payloadOf(thresholdSettings, config.monitor),
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
