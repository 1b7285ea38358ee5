import { apiPath } from "./api-path";
import type { KeyValue } from "./log-batch";
import { clipParam, clipTag } from "./log-batch";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";

export interface LoggedModel {
  modelId: string;
  artifactUri: string;
}

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
  }): Promise<LoggedModel> {
    const body = {
      experiment_id: model.experimentId,
      name: model.name,
      source_run_id: model.runId,
      model_type: "colaml",
      params: model.params.map(clipParam),
      tags: model.tags.map(clipTag),
    };
    const path = `${API}/logged-models`;
    return location(await this.transport.json<RawModel>({ method: "POST", path, body, idempotent: false }));
  }

  async get(modelId: string): Promise<LoggedModel> {
    const path = `${API}/${apiPath`logged-models/${modelId}`}`;
    return location(await this.transport.json<RawModel>({ method: "GET", path, idempotent: true }));
  }

  /** The model that a run made, or nothing. */
  async ofRun(experimentId: string, runId: string): Promise<LoggedModel | undefined> {
    const path = `${API}/logged-models/search`;
    const filter = `source_run_id = '${runId.replaceAll("'", "")}'`;
    const body = { experiment_ids: [experimentId], filter, max_results: 1 };
    const found = await this.transport.json<{ models?: RawModel["model"][] }>({
      method: "POST",
      path,
      body,
      idempotent: true,
    });
    const model = found.models?.[0];
    return model && location({ model });
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

const location = ({ model: { info } }: RawModel): LoggedModel => ({
  modelId: info.model_id,
  artifactUri: info.artifact_uri,
});
