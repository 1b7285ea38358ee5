import { stateFolder } from "@colaml/shared/files/state-folder";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { DATASET_TAG } from "@colaml/shared/mlflow/verdict-tags";
import type { ColaConfig } from "@colaml/shared/settings/schema";

/** One side of a comparison, ready to score. */
export interface ComparedModel {
  name: string;
  version: string;
  bundle: ModelBundle;
  /** sha256 of the file it was trained on; absent if its run does not say. */
  trainedOn?: string;
}

/**
 * Resolves a model URI and loads that version.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE
 */
export async function loadComparedModel(
  client: MlflowClient,
  config: ColaConfig,
  uri: string,
): Promise<ComparedModel> {
  const options = { cacheDir: stateFolder(config.paths.stateDir).models, hmacKey: config.model.hmacKey };
  const pinned = await resolveModel(client, uri, options);
  const { bundle } = await loadModel(client, pinned, options);
  const trainedOn = await datasetOf(client, pinned.runId);
  return { name: pinned.name, version: pinned.version, bundle, ...(trainedOn ? { trainedOn } : {}) };
}

/** Only for a warning: a run that was deleted, or an MLflow that is away, leaves it out. */
async function datasetOf(client: MlflowClient, runId: string): Promise<string | undefined> {
  try {
    return (await client.runs.get(runId)).tags[DATASET_TAG];
  } catch {
    return undefined;
  }
}
