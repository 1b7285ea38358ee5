import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";
/** Sizes of one log-batch call: MLflow takes 1000 items, 100 params and 100 tags. */
const BATCH = { metrics: 700, params: 100, tags: 100 };
/** Longest values MLflow takes. */
const MAX_PARAM_LENGTH = 6_000;
const MAX_TAG_LENGTH = 8_000;

export interface Metric {
  key: string;
  value: number;
  /** Iteration; 0 where a metric has one value only. */
  step?: number;
  /** Milliseconds since 1970. */
  timestamp?: number;
}
export interface KeyValue {
  key: string;
  value: string;
}
export interface RunInfo {
  runId: string;
  experimentId: string;
  artifactUri: string;
  status: string;
  /** Milliseconds since 1970. */
  startTime: number;
  metrics: Record<string, number>;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** Ids of the logged models tied to it; only `get` fills them in. */
  modelOutputs: string[];
}
/** A dataset a run read, as the runs/log-inputs call wants it. */
export interface DatasetInput {
  context: "training" | "validation" | "test" | "monitoring";
  name: string;
  /** At most 36 characters. */
  digest: string;
  sourceType: string;
  /** JSON texts. */
  source: string;
  schema: string;
  profile: string;
  tags?: KeyValue[];
}

interface RawRun {
  info: { run_id: string; experiment_id: string; artifact_uri: string; status: string; start_time?: number };
  outputs?: { model_outputs?: { model_id: string }[] };
  data?: { metrics?: { key: string; value: number }[]; params?: KeyValue[]; tags?: KeyValue[] };
}

/** Runs: one training or one check each. */
export class Runs {
  constructor(private readonly transport: MlflowTransport) {}

  async create(run: {
    experimentId: string;
    name: string;
    startTime: number;
    tags: KeyValue[];
  }): Promise<RunInfo> {
    const body = {
      experiment_id: run.experimentId,
      run_name: run.name,
      start_time: run.startTime,
      tags: clipTags(run.tags),
    };
    return infoOf((await this.#post<{ run: RawRun }>("runs/create", body, false)).run);
  }

  async get(runId: string): Promise<RunInfo> {
    const query = { run_id: runId };
    const found = await this.transport.json<{ run: RawRun }>({
      method: "GET",
      path: `${API}/runs/get`,
      query,
      idempotent: true,
    });
    return infoOf(found.run);
  }

  /** Runs of an experiment that fit an MLflow filter, newest first. */
  async search(experimentIds: string[], filter: string, maxResults = 100): Promise<RunInfo[]> {
    const body = {
      experiment_ids: experimentIds,
      filter,
      max_results: maxResults,
      order_by: ["start_time DESC"],
    };
    const found = await this.#post<{ runs?: RawRun[] }>("runs/search", body, true);
    return (found.runs ?? []).map(infoOf);
  }

  /** Logs everything, in as many calls as MLflow's limits need. The same values again change nothing. */
  async log(
    runId: string,
    data: { metrics?: Metric[]; params?: KeyValue[]; tags?: KeyValue[] },
  ): Promise<void> {
    const now = Date.now();
    const metrics = (data.metrics ?? []).map((metric) => ({ timestamp: now, step: 0, ...metric }));
    const params = (data.params ?? []).map(({ key, value }) => ({
      key,
      value: value.slice(0, MAX_PARAM_LENGTH),
    }));
    const tags = clipTags(data.tags ?? []);
    const calls = Math.max(
      Math.ceil(metrics.length / BATCH.metrics),
      Math.ceil(params.length / BATCH.params),
      Math.ceil(tags.length / BATCH.tags),
    );
    for (let i = 0; i < calls; i++) {
      const part = <T>(list: T[], size: number) => list.slice(i * size, (i + 1) * size);
      const body = {
        run_id: runId,
        metrics: part(metrics, BATCH.metrics),
        params: part(params, BATCH.params),
        tags: part(tags, BATCH.tags),
      };
      await this.#post("runs/log-batch", body, true);
    }
  }

  async logInputs(runId: string, datasets: DatasetInput[]): Promise<void> {
    const body = {
      run_id: runId,
      datasets: datasets.map(({ context, tags = [], sourceType, ...dataset }) => ({
        tags: [{ key: "mlflow.data.context", value: context }, ...tags],
        dataset: { ...dataset, source_type: sourceType },
      })),
    };
    await this.#post("runs/log-inputs", body, true);
  }

  /** Ties a logged model to the run that made it. */
  async logOutput(runId: string, modelId: string): Promise<void> {
    await this.#post("runs/outputs", { run_id: runId, models: [{ model_id: modelId, step: 0 }] }, true);
  }

  async finish(runId: string, status: "FINISHED" | "FAILED" | "KILLED", endTime: number): Promise<void> {
    await this.#post("runs/update", { run_id: runId, status, end_time: endTime }, true);
  }

  #post<T>(path: string, body: unknown, idempotent: boolean): Promise<T> {
    return this.transport.json<T>({ method: "POST", path: `${API}/${path}`, body, idempotent });
  }
}

const clipTags = (tags: KeyValue[]) =>
  tags.map(({ key, value }) => ({ key, value: value.slice(0, MAX_TAG_LENGTH) }));

function infoOf(run: RawRun): RunInfo {
  const byKey = <V>(list: { key: string; value: V }[] = []) =>
    Object.fromEntries(list.map(({ key, value }) => [key, value])) as Record<string, V>;
  return {
    runId: run.info.run_id,
    experimentId: run.info.experiment_id,
    artifactUri: run.info.artifact_uri,
    status: run.info.status,
    startTime: Number(run.info.start_time ?? 0),
    metrics: byKey(run.data?.metrics),
    params: byKey(run.data?.params),
    tags: byKey(run.data?.tags),
    modelOutputs: (run.outputs?.model_outputs ?? []).map((output) => output.model_id),
  };
}
