import { stateFolder } from "@colaml/shared/files/state-folder";
import { type Classifier, createClassifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import {
  parseReferenceProfile,
  REFERENCE_PROFILE_FILE,
} from "@colaml/shared/learning/model/reference-profile";
import { isWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import { featureParts, partColumns, profiledPart } from "@colaml/shared/learning/text/feature-parts";
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
  const classifier = createClassifier(bundle);
  return {
    name: pinned.name,
    version: pinned.version,
    runId: pinned.runId,
    classifier,
    ...profiledVocabulary(bundle, classifier),
    columns: bundle.columns,
    ...(profile ? { profile: parseReferenceProfile(profile) } : {}),
  };
}

/** What drift looks at: the words of a model that counts words and characters, else whatever it counts. */
function profiledVocabulary(
  { features, terms, partSizes }: ModelBundle,
  classifier: Classifier,
): Pick<MonitoredModel, "terms" | "tokenise" | "holdsNoTerm"> {
  const parts = featureParts(features);
  const part = profiledPart(parts);
  const [from, to] = partColumns(terms.length, partSizes)[part]!;
  return {
    terms: terms.slice(from, to),
    tokenise: createTokenizer(parts[part]!),
    ...(parts.length > 1 && { holdsNoTerm: (text) => isWithoutTerms(classifier.features(text)) }),
  };
}
