import { stateFolder } from "@colaml/shared/files/state-folder";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import {
  parseReferenceProfile,
  REFERENCE_PROFILE_FILE,
} from "@colaml/shared/learning/model/reference-profile";
import { createTokenizer } from "@colaml/shared/learning/text/tokenizer";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { MonitoredModel } from "./monitored-model";

/**
 * Resolves a model URI, and loads that version with its reference profile.
 *
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE
 */
export async function loadMonitoredModel(
  client: MlflowClient,
  config: ColaConfig,
  uri: string,
): Promise<MonitoredModel> {
  const options = { cacheDir: stateFolder(config.paths.stateDir).models, hmacKey: config.model.hmacKey };
  const pinned = await resolveModel(client, uri, options);
  const { bundle, files } = await loadModel(client, pinned, options);
  const profile = files.get(REFERENCE_PROFILE_FILE);
  return {
    name: pinned.name,
    version: pinned.version,
    runId: pinned.runId,
    classifier: createClassifier(bundle),
    terms: bundle.terms,
    tokenise: createTokenizer(bundle.features),
    columns: bundle.columns,
    ...(profile ? { profile: parseReferenceProfile(profile) } : {}),
  };
}
