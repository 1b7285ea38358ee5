import { ColaError, messageOf } from "../errors/cola-error";
import { MANIFEST_FILE, manifestDigest } from "../learning/model/bundle-files";
import type { TextColumns } from "../settings/text-columns";
import { isMendable, isMlflowDown } from "./api-error";
import type { MlflowClient } from "./client";
import type { KeyValue, Metric } from "./log-batch";
import { modelFolderFiles } from "./mlmodel-file";
import type { ModelVersion } from "./registry";
import { RUN_TAGS } from "./run-tags";
import type { DatasetInput, RunInfo } from "./runs";

/** Tag of a run: which publication it belongs to, so that one that broke off is resumed. */
export const PUBLISH_ID_TAG = RUN_TAGS.publishId;
/** Tag of a run that failed: why. */
const FAILURE_TAG = RUN_TAGS.failure;
/** Tag of a model version: sha256 of its manifest, which holds the sha256 of every other file. */
export const MANIFEST_TAG = RUN_TAGS.manifest;

/** A run to record, whether or not a model comes of it. Everything is plain data: it can wait on disk. */
export interface RunRecord {
  /** Same id, same run: publishing twice makes one. */
  publishId: string;
  experiment: string;
  runName: string;
  /** Milliseconds since 1970. */
  startTime: number;
  endTime: number;
  params: KeyValue[];
  metrics: Metric[];
  tags: KeyValue[];
  datasets: DatasetInput[];
  /** Files of the run, by path. */
  artifacts: ReadonlyMap<string, Uint8Array>;
}

/** A model to register with its run. */
export interface ModelRecord {
  name: string;
  classes: readonly string[];
  /** Whether the model decides beside its label; absent: it does not. */
  decides?: boolean;
  textColumn: TextColumns;
  inputExample: string;
  /** What `bundleToFiles` made. */
  files: ReadonlyMap<string, Uint8Array>;
  versionTags: KeyValue[];
}

export interface PublishedModel {
  runId: string;
  experimentId: string;
  modelId: string;
  version: ModelVersion;
}

/**
 * Records a run that makes no model (a trial, a check, a failure).
 *
 * @returns the run, finished with `status`
 */
export async function publishRun(
  client: MlflowClient,
  record: RunRecord,
  status: "FINISHED" | "FAILED" = "FINISHED",
): Promise<{ runId: string; experimentId: string }> {
  const run = await openRun(client, record);
  await orFail(client, run, record, () => fillRun(client, run, record));
  await client.runs.finish(run.runId, status, record.endTime);
  return { runId: run.runId, experimentId: run.experimentId };
}

/**
 * Publishes a trained model: run, logged model, registered version; no alias is moved. Every step looks first
 * whether it was done already, so a publication that broke off can be called again with the same `publishId`.
 *
 * @throws ColaError MLFLOW_UNREACHABLE (call again later), MLFLOW_FAILED
 */
export async function publishModel(
  client: MlflowClient,
  record: RunRecord,
  model: ModelRecord,
): Promise<PublishedModel> {
  const run = await openRun(client, record);
  const { modelId, version } = await orFail(client, run, record, async () => {
    const modelId = await logModel(client, run, record, model);
    return { modelId, version: await registerVersion(client, run, modelId, model) };
  });
  await client.runs.finish(run.runId, "FINISHED", record.endTime);
  return { runId: run.runId, experimentId: run.experimentId, modelId, version };
}

/**
 * Ends a run that will not be completed, with the reason as its tag `colaml.failure`.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
export async function failRun(
  client: MlflowClient,
  runId: string,
  reason: string,
  endTime = Date.now(),
  status: "FAILED" | "KILLED" = "FAILED",
): Promise<void> {
  await client.runs.log(runId, { tags: [{ key: FAILURE_TAG, value: reason }] });
  await client.runs.finish(runId, status, endTime);
}

/** Does the work on a run; if MLflow refuses it for good, the run is marked as failed. */
async function orFail<T>(
  client: MlflowClient,
  run: RunInfo,
  record: RunRecord,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What MLflow could not take now is resumed later, on the same run.
    const isLater = isMlflowDown(error) || isMendable(error);
    const isFinal = !isLater && !(error instanceof ColaError && error.code === "JOB_CANCELLED");
    if (isFinal) await failRun(client, run.runId, messageOf(error), record.endTime).catch(messageOf);
    throw error;
  }
}

const digestOf = (model: ModelRecord) => manifestDigest(model.files.get(MANIFEST_FILE) ?? new Uint8Array());

/** The run of a publication: the one with its id, else a new one. */
export async function openRun(
  client: MlflowClient,
  record: Pick<RunRecord, "publishId" | "experiment" | "runName" | "startTime" | "tags">,
): Promise<RunInfo> {
  const experimentId = await client.experiments.ensure(record.experiment);
  const id = record.publishId.replaceAll("'", "");
  const [found] = await client.runs.search([experimentId], `tags.\`${PUBLISH_ID_TAG}\` = '${id}'`, 1);
  if (found) return found;
  return client.runs.create({
    experimentId,
    name: record.runName,
    startTime: record.startTime,
    tags: [...record.tags, { key: PUBLISH_ID_TAG, value: id }],
  });
}

async function fillRun(
  client: MlflowClient,
  run: RunInfo,
  record: RunRecord,
  modelId?: string,
): Promise<void> {
  if (record.datasets.length > 0) await client.runs.logInputs(run.runId, record.datasets);
  const metrics = record.metrics.map((metric) => ({ timestamp: record.endTime, ...metric }));
  const { params, tags } = record;
  await client.runs.log(run.runId, { params, metrics, tags, ...(modelId === undefined ? {} : { modelId }) });
  for (const [path, bytes] of record.artifacts) await client.artifacts.upload(run.artifactUri, path, bytes);
}

/** Fills the run and the logged model that it made: first the model, because metrics name it. */
async function logModel(
  client: MlflowClient,
  run: RunInfo,
  record: RunRecord,
  model: ModelRecord,
): Promise<string> {
  const logged =
    (await client.models.ofRun(run.experimentId, run.runId)) ??
    (await client.models.create({
      experimentId: run.experimentId,
      name: model.name,
      runId: run.runId,
      params: record.params,
      tags: model.versionTags,
    }));
  const { modelId, artifactUri } = logged;
  const { runId } = run;
  const folder = modelFolderFiles({
    ...model,
    modelId,
    runId,
    createdAt: record.endTime,
    data: model.files,
  });
  try {
    await fillRun(client, run, record, modelId);
    for (const [path, bytes] of folder) await client.artifacts.upload(artifactUri, path, bytes);
  } catch (error) {
    // Nobody must load half a model. If even this fails, the status stays "pending".
    await client.models.finish(modelId, "LOGGED_MODEL_UPLOAD_FAILED").catch(messageOf);
    throw error;
  }
  await client.models.finish(modelId, "LOGGED_MODEL_READY");
  await client.runs.logOutput(runId, modelId);
  return modelId;
}

async function registerVersion(
  client: MlflowClient,
  run: RunInfo,
  modelId: string,
  model: ModelRecord,
): Promise<ModelVersion> {
  await client.registry.ensureModel(model.name);
  const [registered] = await client.registry.versions(model.name, ` and run_id='${run.runId}'`, 1);
  if (registered) return registered;
  const tags = [...model.versionTags, { key: MANIFEST_TAG, value: digestOf(model) }];
  return client.registry.createVersion({ name: model.name, modelId, runId: run.runId, tags });
}
