import { messageOf, toColaError } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import { isMlflowDown } from "@colaml/shared/mlflow/api-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { PUBLISH_ID_TAG } from "@colaml/shared/mlflow/publish-model";
import type { RunEnds } from "@colaml/shared/mlflow/run-ends";
import type { RunIdentity } from "../publication/publication";
import type { MetricPoint } from "../publication/run-contents";

/** Steps are sent together this often: a request per iteration would cost more than the iteration. */
const FLUSH_MS = 1_000;

/**
 * The run of a training in progress, for those who watch in MLflow. Nothing depends on it: everything logged
 * here is logged again, with the same times, when the training is published; so a server that goes away in
 * between only leaves the watchers without news.
 */
export class LiveRun {
  readonly #client: MlflowClient;
  readonly #ends: RunEnds;
  readonly #experiment: string;
  readonly #identity: RunIdentity;
  readonly #logger: Logger;
  #experimentId: string | undefined;
  #runId: string | undefined;
  #points: MetricPoint[] = [];
  #sending: Promise<void> = Promise.resolve();
  #lastSent = 0;

  constructor(
    { mlflow, runEnds }: { mlflow: MlflowClient; runEnds: RunEnds },
    experiment: string,
    identity: RunIdentity,
    logger: Logger,
  ) {
    this.#client = mlflow;
    this.#ends = runEnds;
    this.#experiment = experiment;
    this.#identity = identity;
    this.#logger = logger;
  }

  get runId(): string | undefined {
    return this.#runId;
  }

  /** Creates the run, and marks the one that a killed attempt of the job left running. */
  async open(): Promise<void> {
    const { publishId, runName, startTime, tags, jobKey } = this.#identity;
    const experimentId = await this.#client.experiments.ensure(this.#experiment);
    await this.#ends.beginAttempt(this.#experiment, jobKey);
    this.#experimentId = experimentId;
    try {
      const { runId } = await this.#client.runs.create({
        experimentId,
        name: runName,
        startTime,
        tags: [...tags, { key: PUBLISH_ID_TAG, value: publishId }],
      });
      this.#runId = runId;
    } catch (error) {
      // The answer may be lost, and the run be there.
      if (!isMlflowDown(error)) throw error;
      this.#runId = await this.#find();
      if (this.#runId === undefined) throw error;
    }
  }

  async #find(): Promise<string | undefined> {
    if (this.#experimentId === undefined) return undefined;
    const filter = `tags.\`${PUBLISH_ID_TAG}\` = '${this.#identity.publishId}'`;
    const [found] = await this.#client.runs.search([this.#experimentId], filter, 1);
    return found?.runId;
  }

  /** Takes metric points; they are sent at most once a second. */
  log(points: readonly MetricPoint[]): void {
    this.#points.push(...points);
    if (performance.now() - this.#lastSent >= FLUSH_MS) void this.flush();
  }

  /** Resolves when what was logged is sent, or could not be. */
  flush(): Promise<void> {
    this.#lastSent = performance.now();
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  async #send(): Promise<void> {
    if (this.#runId === undefined || this.#points.length === 0) return;
    const metrics = this.#points;
    this.#points = [];
    await this.#client.runs.log(this.#runId, { metrics }).catch((error) => {
      this.#logger.debug(`steps were not shown in MLflow: ${messageOf(error)}`);
    });
  }

  /** Marks the run FAILED (KILLED if the job was cancelled) with the reason, later if MLflow is away; never throws. */
  async fail(error: unknown): Promise<void> {
    await this.#sending;
    // By its tag: one whose creation was answered by nothing may be there.
    const which = { experiment: this.#experiment, by: "publishId", id: this.#identity.publishId } as const;
    await this.#ends.end(which, toColaError(error));
  }
}
