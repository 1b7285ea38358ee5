import { messageOf } from "../errors/cola-error";
import { MANIFEST_FILE, manifestDigest } from "../model/bundle-files";
import type { MlflowClient } from "./client";
import { modelFolderFiles } from "./mlmodel-file";
import type { ModelVersion } from "./registry";
import type { DatasetInput, KeyValue, Metric, RunInfo } from "./runs";

/** Tag of a run: which publication it belongs to, so that a broken-off one is gone on with. */
export const PUBLISH_ID_TAG = "colaml.publish_id";
/** Tag of a run: the logged model made for it. */
const MODEL_ID_TAG = "colaml.model_id";
/** Tag of a model version: sha256 of its manifest, which holds the sha256 of every other file. */
export const MANIFEST_TAG = "colaml.manifest_sha256";

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
  textColumn: string;
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
  await fillRun(client, run, record);
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
  await fillRun(client, run, record);
  const modelId = await uploadModel(client, run, record, model);
  await client.registry.ensureModel(model.name);
  const version =
    (await registeredVersion(client, model.name, run.runId)) ??
    (await client.registry.createVersion({
      name: model.name,
      modelId,
      runId: run.runId,
      tags: [...model.versionTags, { key: MANIFEST_TAG, value: digestOf(model) }],
    }));
  await client.runs.finish(run.runId, "FINISHED", record.endTime);
  return { runId: run.runId, experimentId: run.experimentId, modelId, version };
}

const digestOf = (model: ModelRecord) => manifestDigest(model.files.get(MANIFEST_FILE) ?? new Uint8Array());

async function openRun(client: MlflowClient, record: RunRecord): Promise<RunInfo> {
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

async function fillRun(client: MlflowClient, run: RunInfo, record: RunRecord): Promise<void> {
  const metrics = record.metrics.map((metric) => ({ timestamp: record.endTime, ...metric }));
  await client.runs.log(run.runId, { params: record.params, metrics, tags: record.tags });
  if (record.datasets.length > 0) await client.runs.logInputs(run.runId, record.datasets);
  for (const [path, bytes] of record.artifacts) await client.artifacts.upload(run.artifactUri, path, bytes);
}

async function uploadModel(
  client: MlflowClient,
  run: RunInfo,
  record: RunRecord,
  model: ModelRecord,
): Promise<string> {
  const known = run.tags[MODEL_ID_TAG];
  const logged = known
    ? await client.models.get(known)
    : await client.models.create({
        experimentId: run.experimentId,
        name: model.name,
        runId: run.runId,
        params: record.params,
        tags: model.versionTags,
      });
  const { modelId, artifactUri } = logged;
  if (!known) await client.runs.log(run.runId, { tags: [{ key: MODEL_ID_TAG, value: modelId }] });
  const folder = modelFolderFiles({
    ...model,
    modelId,
    runId: run.runId,
    createdAt: record.endTime,
    data: model.files,
  });
  try {
    for (const [path, bytes] of folder) await client.artifacts.upload(artifactUri, path, bytes);
  } catch (error) {
    // Nobody must load half a model. Where even this cannot be said, the status stays "pending".
    await client.models.finish(modelId, "LOGGED_MODEL_UPLOAD_FAILED").catch(messageOf);
    throw error;
  }
  await client.models.finish(modelId, "LOGGED_MODEL_READY");
  // MLflow refuses the same tie twice.
  const tied = (await client.runs.get(run.runId)).modelOutputs.includes(modelId);
  if (!tied) await client.runs.logOutput(run.runId, modelId);
  return modelId;
}

async function registeredVersion(
  client: MlflowClient,
  name: string,
  runId: string,
): Promise<ModelVersion | undefined> {
  const versions = await client.registry.versions(name);
  return versions.find((version) => version.runId === runId);
}
