import { entryOf, type JobOf, type SubmittableQueue } from "@colaml/shared/contracts/catalogue";
import { parseClassRecall } from "@colaml/shared/contracts/class-recall";
import type { CompareJob, CompareJobInput } from "@colaml/shared/contracts/compare";
import type { LabelsJob, LabelsJobInput } from "@colaml/shared/contracts/labels";
import type { MonitorJob, MonitorJobInput } from "@colaml/shared/contracts/monitor";
import { aliasUri } from "@colaml/shared/contracts/names";
import type { PredictJob, PredictJobInput } from "@colaml/shared/contracts/predict";
import type { PredictTextsJob, PredictTextsJobInput } from "@colaml/shared/contracts/predict-texts";
import type { TrainJob, TrainJobInput } from "@colaml/shared/contracts/train";
import type { TuneJob, TuneJobInput } from "@colaml/shared/contracts/tune";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import { columnsSettings } from "@colaml/shared/settings/columns-settings";
import { mlflowSettings } from "@colaml/shared/settings/mlflow-settings";
import { thresholdSettings } from "@colaml/shared/settings/monitor-settings";
import { payloadOf } from "@colaml/shared/settings/payload-fields";
import { predictSettings } from "@colaml/shared/settings/predict-settings";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { ZodType, z } from "zod";
import { datasetOf } from "./dataset";
import { givenLearning, withGivenLearning } from "./learning-settings";

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
  const { issues } = parsed.error;
  // a misspelt key is often why the right one is missing
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys");
  const told = [...issues.slice(0, 1), ...unknown.filter((issue) => issue !== issues[0])].slice(0, MAX_TOLD);
  throw new ColaError("JOB_INVALID", told.map((issue) => issueLine(issue, payload)).join("; "), {
    details: {
      issues: issues.slice(0, 10).map(({ path, message }) => ({ path: path.join("."), message })),
    },
  });
}

/** Mistakes that one message tells. */
const MAX_TOLD = 3;

function issueLine(issue: z.core.$ZodIssue, payload: unknown): string {
  const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  const value = issue.path.reduce<unknown>(
    (held, key) => (held as Record<PropertyKey, unknown> | null | undefined)?.[key],
    payload,
  );
  if (issue.code !== "invalid_type" || value !== undefined || where === "") return `${where}${issue.message}`;
  const article = /^[aeiou]/.test(issue.expected) ? "an" : "a";
  return `${issue.path.join(".")} is missing: it is ${article} ${issue.expected}`;
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
  return requestPayload("train", config, { ...more, dataset: { path } });
}

/** The `tune` payload of a file under the configuration; `more` wins over it. A search has no preset. */
export function tunePayload(config: ColaConfig, path: string, more: Partial<TuneJobInput> = {}): TuneJob {
  return requestPayload("tune", config, { ...more, dataset: { path } });
}

/** The model URI that the configuration follows, e.g. `models:/modelo_nuevo@champion`. */
export function configuredModel(config: ColaConfig): string {
  return aliasUri(config.model.name, config.model.alias);
}

/** The `predict` payload; columns are those the model was trained with unless given in `more`. */
export function predictPayload(config: ColaConfig, more: Partial<PredictJobInput>): PredictJob {
  return requestPayload("predict", config, more);
}

/** The `predict-texts` payload of the configured model unless `more` names another one. */
export function textsPayload(config: ColaConfig, more: PredictTextsJobInput): PredictTextsJob {
  return requestPayload("predict-texts", config, more);
}

/** The `monitor` payload with the configured thresholds. */
export function monitorPayload(config: ColaConfig, more: Partial<MonitorJobInput>): MonitorJob {
  return requestPayload("monitor", config, more);
}

/** The `compare` payload; the baseline is the configured model unless given in `job`. */
export function comparePayload(config: ColaConfig, job: CompareJobInput): CompareJob {
  return requestPayload("compare", config, job);
}

/** The `labels` payload for the configured model. */
export function labelsPayload(config: ColaConfig, more: Partial<LabelsJobInput>): LabelsJob {
  return requestPayload("labels", config, more);
}

/** What a request leaves open, as the configuration has it: a part of the queue's payload. */
const COMPLETED: { readonly [Queue in SubmittableQueue]: (config: ColaConfig, request: Fields) => Fields } = {
  train: (config, request) => ({
    ...withGivenLearning(givenLearning(config), request),
    ...withTable(config, request, "dataset"),
  }),
  tune: (config, request) => {
    // A preset is for trainings: a search has none.
    const { preset: _preset, preset_hint: _hint, ...given } = givenLearning(config);
    return { ...withGivenLearning(given, request), ...withTable(config, request, "dataset") };
  },
  predict: (config, request) => ({
    model: configuredModel(config),
    ...payloadOf(predictSettings, config.predict),
    maxRejected: config.data.maxRejected,
    ...request,
    ...withTable(config, request, "input"),
  }),
  "predict-texts": (config, request) => ({ model: configuredModel(config), ...request }),
  monitor: (config, request) => ({
    ...monitorSettingsOf(config),
    ...request,
    ...withTable(config, request, "input"),
  }),
  compare: (config, request) => ({
    baseline: configuredModel(config),
    maxRejected: config.data.maxRejected,
    ...request,
    ...withTable(config, request, "input"),
  }),
  labels: (config, request) => ({
    model: config.model.name,
    maxRejected: config.data.maxRejected,
    ...request,
    ...labelColumns(config, request),
    ...withTable(config, request, "input"),
  }),
};

/**
 * The payload of a request under the settings of the deployment, which are its defaults: what a request gives wins. The
 * API and the command line make their payloads here.
 *
 * @param request what somebody wrote, its paths absolute
 * @throws ColaError JOB_INVALID naming the field; PARAMETER_INVALID; CONFIG_INVALID for a setting that cannot be used;
 *   USAGE for a file whose name contradicts the configured format
 */
export function requestPayload<Queue extends SubmittableQueue>(
  queue: Queue,
  config: ColaConfig,
  request: unknown,
): JobOf<Queue> {
  const { schema } = entryOf(queue);
  if (!isFields(request)) return checkedPayload(schema, request);
  return checkedPayload(schema, COMPLETED[queue](config, request));
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The file of a request, read as the settings say if it says nothing itself. */
function withTable(config: ColaConfig, request: Fields, name: "dataset" | "input"): Fields {
  const table = request[name];
  if (!isFields(table) || typeof table["path"] !== "string") return {};
  const data = table["format"] === undefined ? config.data : { ...config.data, inputFormat: "" };
  return { [name]: { ...datasetOf({ ...config, data }, table["path"]), ...table } };
}

/** The columns of a file of labels if the settings name others than the workers know by themselves. */
function labelColumns({ columns }: ColaConfig, { input, columns: wish }: Fields): Fields {
  const names = (["label", "id"] as const).filter((name) => columns[name] !== columnsSettings[name].default);
  if (input === undefined || names.length === 0 || (wish !== undefined && !isFields(wish))) return {};
  return { columns: { ...Object.fromEntries(names.map((name) => [name, columns[name]])), ...wish } };
}

function monitorSettingsOf(config: ColaConfig): Fields {
  const classRecall = parseClassRecall(config.monitor.classRecall);
  return {
    model: configuredModel(config),
    ...payloadOf(mlflowSettings, config.mlflow),
    maxRejected: config.data.maxRejected,
    thresholds: {
      ...payloadOf(thresholdSettings, config.monitor),
      ...(classRecall ? { class_recall: classRecall } : {}),
    },
    maxAmbiguous: config.monitor.maxAmbiguous,
  };
}
