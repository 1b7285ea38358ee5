import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { RUN_TAGS, sourceTags } from "@colaml/shared/mlflow/run-tags";
import type { RunInfo } from "@colaml/shared/mlflow/runs";
import type { RunOrigin } from "../publication/publication";

/** The one run that a tuning job's trials are children of; found again whenever the job resumes. */
export class ParentRun {
  readonly runId: string;
  readonly #artifactUri: string;
  readonly #experimentId: string;
  readonly #client: MlflowClient;
  /** In milliseconds since 1970. */
  readonly startTime: number;
  /** How often its trials were given other jobs (`letTrialsRunAgain`). */
  readonly trialsAgain: number;

  private constructor(
    client: MlflowClient,
    run: Pick<RunInfo, "runId" | "experimentId" | "artifactUri" | "startTime" | "tags">,
  ) {
    this.#client = client;
    this.runId = run.runId;
    this.startTime = run.startTime;
    this.trialsAgain = Number(run.tags[RUN_TAGS.trialsAgain] ?? 0);
    this.#artifactUri = run.artifactUri;
    this.#experimentId = run.experimentId;
  }

  /** Finds the run of the job, which runs again if the job was retried, or creates it. */
  static async open(
    client: MlflowClient,
    job: TuneJob,
    jobKey: string,
    { user, sourceName, gitCommit }: RunOrigin,
  ): Promise<ParentRun> {
    const experimentId = await client.experiments.ensure(job.experiment);
    const [found] = await client.runs.search([experimentId], `tags.\`${RUN_TAGS.job}\` = '${jobKey}'`, 1);
    if (found) {
      if (found.status !== "RUNNING") await client.runs.reopen(found);
      return new ParentRun(client, found);
    }
    const startTime = Date.now();
    const stamp = new Date(startTime).toISOString().slice(0, 19).replace("T", " ");
    const tags = {
      ...sourceTags({ sourceName, user, gitCommit }),
      [RUN_TAGS.job]: jobKey,
    };
    const run = await client.runs.create({
      experimentId,
      name: job.runName ?? `tune ${job.model} ${stamp}`,
      startTime,
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    const { trials, metric, random_seed, patience, minutes = "none", space = "default" } = job;
    const params = Object.entries({ trials, metric, random_seed, patience, minutes, space });
    await client.runs.log(run.runId, {
      params: params.map(([key, value]) => ({
        key,
        value: typeof value === "string" ? value : JSON.stringify(value),
      })),
    });
    return new ParentRun(client, run);
  }

  /**
   * Every trial as `trials.json`, how the search went, the best one's metrics, and the end of the run.
   *
   * @param bestRunId the run of the last training, which may wait for its publication
   */
  async finish(
    outcomes: readonly TrialOutcome[],
    best: TrialOutcome,
    search: readonly string[],
    bestRunId: string,
  ): Promise<void> {
    await this.#endTrialsLeft(bestRunId);
    const json = `${JSON.stringify(outcomes, null, 2)}\n`;
    await this.#client.artifacts.upload(this.#artifactUri, "trials.json", Buffer.from(json));
    const metrics = Object.entries(best.validation ?? {}).flatMap(([name, value]) =>
      typeof value === "number" ? [{ key: `best_validation_${name}`, value }] : [],
    );
    const finished = outcomes.filter(({ failed }) => failed === undefined).length;
    metrics.push({ key: "trials_finished", value: finished });
    metrics.push({ key: "trials_failed", value: outcomes.length - finished });
    const tags = [
      { key: RUN_TAGS.bestTrial, value: String(best.number) },
      { key: RUN_TAGS.search, value: search.join("\n") },
    ];
    await this.#client.runs.log(this.runId, { metrics, tags });
    await this.#client.runs.finish(this.runId, "FINISHED", Date.now());
  }

  /**
   * Notes that trials which failed for what has nothing to do with their settings get other jobs if the job is retried.
   *
   * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
   */
  async letTrialsRunAgain(): Promise<void> {
    const tags = [{ key: RUN_TAGS.trialsAgain, value: String(this.trialsAgain + 1) }];
    await this.#client.runs.log(this.runId, { tags });
  }

  /** All trials have ended: a run that is not was left by a worker that was killed, and nobody resumed it. */
  async #endTrialsLeft(bestRunId: string): Promise<void> {
    const children = await this.#client.runs.children({
      runId: this.runId,
      experimentId: this.#experimentId,
    });
    for (const { runId, status } of children) {
      if (status === "RUNNING" && runId !== bestRunId)
        await this.#client.runs.finish(runId, "KILLED", Date.now());
    }
  }
}
