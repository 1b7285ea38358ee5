import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";
import { messageOf } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
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

  private constructor(
    client: MlflowClient,
    run: Pick<RunInfo, "runId" | "experimentId" | "artifactUri" | "startTime">,
  ) {
    this.#client = client;
    this.runId = run.runId;
    this.startTime = run.startTime;
    this.#artifactUri = run.artifactUri;
    this.#experimentId = run.experimentId;
  }

  /** Finds the run of the job, or creates it. */
  static async open(
    client: MlflowClient,
    job: TuneJob,
    jobKey: string,
    { user, sourceName, gitCommit }: RunOrigin,
  ): Promise<ParentRun> {
    const experimentId = await client.experiments.ensure(job.experiment);
    const [found] = await client.runs.search([experimentId], `tags.\`${RUN_TAGS.job}\` = '${jobKey}'`, 1);
    if (found) return new ParentRun(client, found);
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

  /** Marks the run FAILED, or KILLED if its job was cancelled; never throws. */
  async fail(error: unknown, logger: Logger, isCancelled: boolean): Promise<void> {
    const tags = [{ key: RUN_TAGS.failure, value: messageOf(error) }];
    try {
      await this.#client.runs.log(this.runId, { tags });
      await this.#client.runs.finish(this.runId, isCancelled ? "KILLED" : "FAILED", Date.now());
    } catch (failure) {
      logger.warn(`run ${this.runId} could not be marked as failed: ${messageOf(failure)}`);
    }
  }
}
