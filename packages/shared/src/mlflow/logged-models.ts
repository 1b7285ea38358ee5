import { apiPath } from "./api-path";
import type { KeyValue } from "./runs";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";

/** Logged models: the files of a model, before and beside the registry (MLflow 3). */
export class LoggedModels {
  constructor(private readonly transport: MlflowTransport) {}

  /** A model whose files can now be uploaded below its artifact URI. */
  async create(model: {
    experimentId: string;
    name: string;
    runId: string;
    params: KeyValue[];
    tags: KeyValue[];
  }): Promise<{ modelId: string; artifactUri: string }> {
    const body = {
      experiment_id: model.experimentId,
      name: model.name,
      source_run_id: model.runId,
      model_type: "colaml",
      params: model.params,
      tags: model.tags,
    };
    const path = `${API}/logged-models`;
    return location(await this.transport.json<RawModel>({ method: "POST", path, body, idempotent: false }));
  }

  async get(modelId: string): Promise<{ modelId: string; artifactUri: string }> {
    const path = `${API}/${apiPath`logged-models/${modelId}`}`;
    return location(await this.transport.json<RawModel>({ method: "GET", path, idempotent: true }));
  }

  /** Ready for use, or given up: nobody loads the latter. */
  async finish(modelId: string, status: "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED"): Promise<void> {
    const path = `${API}/${apiPath`logged-models/${modelId}`}`;
    await this.transport.json({
      method: "PATCH",
      path,
      body: { model_id: modelId, status },
      idempotent: true,
    });
  }
}

interface RawModel {
  model: { info: { model_id: string; artifact_uri: string } };
}

const location = ({ model: { info } }: RawModel) => ({
  modelId: info.model_id,
  artifactUri: info.artifact_uri,
});
