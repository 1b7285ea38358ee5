/**
 * Names of the tags of runs. Those of the champion check are in `verdict-tags.ts`, those of promotions, which only
 * model versions have, in `champion.ts`.
 */
export const RUN_TAGS = {
  /** What the run is: absent for a training; `monitor`, `monitoring`, `closed-loop` or `rollback`. */
  kind: "colaml.kind",
  /** The job that it is the result of, by its key (`jobKeyOf`); of the closed loop by queue and id. */
  job: "colaml.job",
  jobId: "colaml.job_id",
  /** Makes publishing twice harmless. */
  publishId: "colaml.publish_id",
  /** sha256 of the bundle's manifest; also of model versions. */
  manifest: "colaml.manifest_sha256",
  /** Why the run was not completed. */
  failure: "colaml.failure",
  /** Number of the best trial of a tuning. */
  bestTrial: "colaml.best_trial",
  /** How a search went and why it ended. */
  search: "colaml.search",
  /** How often the trials of a tuning were given other jobs, because of what has nothing to do with their settings. */
  trialsAgain: "colaml.trials_again",
  // of checks
  summary: "colaml.summary",
  model: "colaml.model",
  modelVersion: "colaml.model_version",
  modelRunId: "colaml.model_run_id",
  alerts: "colaml.alerts",
  latestVerdict: "colaml.latest_verdict",
  // of the closed loop
  incident: "colaml.incident",
  rule: "colaml.rule",
  fromVersion: "colaml.from_version",
  toVersion: "colaml.to_version",
  reason: "colaml.reason",
  // MLflow's own
  user: "mlflow.user",
  runName: "mlflow.runName",
  sourceName: "mlflow.source.name",
  sourceType: "mlflow.source.type",
  gitCommit: "mlflow.source.git.commit",
  parentRunId: "mlflow.parentRunId",
  dataContext: "mlflow.data.context",
} as const;

/** The tag of a metric that could not be computed, with the reason as its value. */
export const absentTag = (part: string, metric: string) => `colaml.absent.${part}_${metric}`;

/** The tag of a step of the closed loop. */
export const stepTag = (step: string) => `colaml.step.${step}`;

/** Who made a run. */
export interface RunSource {
  /** A worker, such as `trainer-worker`. */
  sourceName: string;
  user?: string;
  /** Empty outside of a checkout. */
  gitCommit?: string;
}

/** MLflow's own tags of who made a run, as its pages show them. */
export function sourceTags({ sourceName, user, gitCommit = "" }: RunSource): Record<string, string> {
  return {
    ...(user === undefined ? {} : { [RUN_TAGS.user]: user }),
    [RUN_TAGS.sourceName]: sourceName,
    [RUN_TAGS.sourceType]: "JOB",
    ...(gitCommit === "" ? {} : { [RUN_TAGS.gitCommit]: gitCommit }),
  };
}
