import { type Classifier, createClassifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import {
  type LoadOptions,
  loadModel,
  type PinnedModel,
  resolveModel,
} from "@colaml/shared/mlflow/load-model";

/** Models that stay in memory: the champion, the one before, and room for a comparison. */
export const KEPT_MODELS = 4;

/** A pinned version, ready to score. */
export interface ReadyModel {
  pinned: PinnedModel;
  bundle: ModelBundle;
  classifier: Classifier;
}

/** Where processors get models from. */
export interface ModelSource {
  /** @throws ColaError MODEL_NOT_FOUND, MLFLOW_UNREACHABLE */
  resolve(uri: string): Promise<PinnedModel>;
  /** @throws ColaError MODEL_CORRUPT, MLFLOW_UNREACHABLE */
  load(pinned: PinnedModel): Promise<ReadyModel>;
}

/** The last few versions in memory, others from the disk cache or MLflow: a version in use needs no MLflow. */
export function createModelCache(mlflow: MlflowClient, options: LoadOptions): ModelSource {
  const ready = new Map<string, Promise<ReadyModel>>();
  const open = async (pinned: PinnedModel): Promise<ReadyModel> => {
    const { bundle } = await loadModel(mlflow, pinned, options);
    return { pinned, bundle, classifier: createClassifier(bundle) };
  };
  return {
    resolve: (uri) => resolveModel(mlflow, uri, options),
    load(pinned) {
      const key = JSON.stringify([pinned.name, pinned.version, pinned.source, pinned.manifestSha256]);
      const model = ready.get(key) ?? open(pinned);
      // a Map keeps insertion order: what is used goes to the end, what is not is dropped from the front
      ready.delete(key);
      ready.set(key, model);
      model.catch(() => ready.delete(key));
      for (const oldest of ready.keys()) {
        if (ready.size <= KEPT_MODELS) break;
        ready.delete(oldest);
      }
      return model;
    },
  };
}
