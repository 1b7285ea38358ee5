import { z } from "zod";
import { listOf } from "./answer-schemas";
import { apiPath } from "./api-path";
import type { KeyValue } from "./log-batch";
import { clipParam, clipTag } from "./log-batch";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";
const modelSchema = z.object({ info: z.object({ model_id: z.string(), artifact_uri: z.string() }) });
const modelAnswer = z.object({ model: modelSchema });
const searchAnswer = z.object({ models: listOf(modelSchema) });

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
    const call = { method: "POST", path, body, idempotent: false } as const;
    return location((await this.transport.json(call, modelAnswer)).model);
  }

  async get(modelId: string): Promise<LoggedModel> {
    const path = `${API}/${apiPath`logged-models/${modelId}`}`;
    const found = await this.transport.json({ method: "GET", path, idempotent: true }, modelAnswer);
    return location(found.model);
  }

  /** The model that a run made, or nothing. */
  async ofRun(experimentId: string, runId: string): Promise<LoggedModel | undefined> {
    const path = `${API}/logged-models/search`;
    const filter = `source_run_id = '${runId.replaceAll("'", "")}'`;
    const body = { experiment_ids: [experimentId], filter, max_results: 1 };
    const found = await this.transport.json({ method: "POST", path, body, idempotent: true }, searchAnswer);
    return found.models[0] && location(found.models[0]);
  }

  /** Ready for use, or given up: nobody loads the latter. */
  async finish(modelId: string, status: "LOGGED_MODEL_READY" | "LOGGED_MODEL_UPLOAD_FAILED"): Promise<void> {
    const path = `${API}/${apiPath`logged-models/${modelId}`}`;
    const body = { model_id: modelId, status };
    await this.transport.json({ method: "PATCH", path, body, idempotent: true }, modelAnswer);
  }
}

const location = ({ info }: z.infer<typeof modelSchema>): LoggedModel => ({
  modelId: info.model_id,
  artifactUri: info.artifact_uri,
});
