import { z } from "zod";
import { doneAnswer, keyValues, listOf, wholeNumber } from "./answer-schemas";
import { isMlflowDown } from "./api-error";
import { clipTag, type KeyValue, logBatches, type RunData } from "./log-batch";
import { RUN_TAGS } from "./run-tags";
import { searchPages } from "./search-pages";
import type { MlflowTransport } from "./transport";

const API = "/api/2.0/mlflow";
/** Begins the tag of why a run failed, once it was taken up again. */
const REOPENED = "taken up again after ";
/** Runs that one page of a search holds at most. */
const PAGE = 1000;

export interface RunInfo {
  runId: string;
  experimentId: string;
  artifactUri: string;
  status: string;
  /** Milliseconds since 1970. */
  startTime: number;
  /** Finite ones: what could not be computed is absent. */
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

/** Programs may log what is not a number; MLflow sends it as a text. */
const metric = z.object({
  key: z.string(),
  value: z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])]),
});
const runSchema = z.object({
  info: z.object({
    run_id: z.string(),
    experiment_id: z.string(),
    artifact_uri: z.string(),
    status: z.string(),
    start_time: wholeNumber,
  }),
  outputs: z.object({ model_outputs: listOf(z.object({ model_id: z.string() })) }).optional(),
  data: z.object({ metrics: listOf(metric), params: keyValues, tags: keyValues }).optional(),
});
const runAnswer = z.object({ run: runSchema });
const searchAnswer = z.object({ runs: listOf(runSchema), next_page_token: z.string().optional() });
const updateAnswer = z.object({ run_info: z.object({}) });

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
      tags: run.tags.map(clipTag),
    };
    return infoOf((await this.#post("runs/create", body, false, runAnswer)).run);
  }

  async get(runId: string): Promise<RunInfo> {
    const path = `${API}/runs/get`;
    const query = { run_id: runId };
    const found = await this.transport.json({ method: "GET", path, query, idempotent: true }, runAnswer);
    return infoOf(found.run);
  }

  /** At most `maxResults` runs of the experiments that fit an MLflow filter, newest first. */
  search(experimentIds: string[], filter: string, maxResults = 100): Promise<RunInfo[]> {
    const query = { experiment_ids: experimentIds, filter, order_by: ["start_time DESC"] };
    return searchPages({ page: PAGE, all: maxResults }, async (page) => {
      const answer = await this.#post("runs/search", { ...query, ...page }, true, searchAnswer);
      return { found: answer.runs.map(infoOf), next: answer.next_page_token };
    });
  }

  /** Child runs of a run (the trials of a tuning, the steps of a retraining), newest first. */
  async children(parent: Pick<RunInfo, "runId" | "experimentId">, maxResults = 1000): Promise<RunInfo[]> {
    const filter = `tags.\`${RUN_TAGS.parentRunId}\` = '${parent.runId.replaceAll("'", "")}'`;
    return this.search([parent.experimentId], filter, maxResults);
  }

  /** Logs everything, in as many calls as MLflow's limits need. The same values again change nothing. */
  async log(runId: string, data: RunData): Promise<void> {
    for (const batch of logBatches(data, Date.now())) {
      await this.#post("runs/log-batch", { run_id: runId, ...batch }, true, doneAnswer);
    }
  }

  async logInputs(runId: string, datasets: DatasetInput[]): Promise<void> {
    const body = {
      run_id: runId,
      datasets: datasets.map(({ context, tags = [], sourceType, ...dataset }) => ({
        tags: [{ key: RUN_TAGS.dataContext, value: context }, ...tags],
        dataset: { ...dataset, source_type: sourceType },
      })),
    };
    await this.#post("runs/log-inputs", body, true, doneAnswer);
  }

  /** Ties a logged model to the run that made it; a tie that is there already is left as it is. */
  async logOutput(runId: string, modelId: string): Promise<void> {
    const isTied = async () => (await this.get(runId)).modelOutputs.includes(modelId);
    if (await isTied()) return;
    try {
      const body = { run_id: runId, models: [{ model_id: modelId, step: 0 }] };
      await this.#post("runs/outputs", body, true, doneAnswer);
    } catch (error) {
      // MLflow refuses the same tie twice: a second try after a lost answer looks like a failure.
      if (isMlflowDown(error) || !(await isTied())) throw error;
    }
  }

  async finish(runId: string, status: "FINISHED" | "FAILED" | "KILLED", endTime: number): Promise<void> {
    await this.#post("runs/update", { run_id: runId, status, end_time: endTime }, true, updateAnswer);
  }

  /** Takes a run that had ended up again: it is RUNNING, and its reason says that it is what came before. */
  async reopen({ runId, tags }: Pick<RunInfo, "runId" | "tags">): Promise<void> {
    await this.#post("runs/update", { run_id: runId, status: "RUNNING" }, true, updateAnswer);
    const failure = tags[RUN_TAGS.failure];
    if (failure === undefined || failure.startsWith(REOPENED)) return;
    await this.log(runId, { tags: [{ key: RUN_TAGS.failure, value: `${REOPENED}${failure}` }] });
  }

  /** Marks a run as deleted: MLflow shows it no more, and removes it with its files when its owner runs `mlflow gc`. */
  async discard(runId: string): Promise<void> {
    await this.#post("runs/delete", { run_id: runId }, true, doneAnswer);
  }

  #post<T>(path: string, body: unknown, idempotent: boolean, answer: z.ZodType<T>): Promise<T> {
    return this.transport.json({ method: "POST", path: `${API}/${path}`, body, idempotent }, answer);
  }
}

function infoOf(run: z.infer<typeof runSchema>): RunInfo {
  const byKey = <V>(list: { key: string; value: V }[] = []) =>
    Object.fromEntries(list.map(({ key, value }) => [key, value])) as Record<string, V>;
  const numbers = run.data?.metrics.filter((logged): logged is { key: string; value: number } =>
    Number.isFinite(logged.value),
  );
  return {
    runId: run.info.run_id,
    experimentId: run.info.experiment_id,
    artifactUri: run.info.artifact_uri,
    status: run.info.status,
    startTime: run.info.start_time,
    metrics: byKey(numbers),
    params: byKey(run.data?.params),
    tags: byKey(run.data?.tags),
    modelOutputs: (run.outputs?.model_outputs ?? []).map((output) => output.model_id),
  };
}
