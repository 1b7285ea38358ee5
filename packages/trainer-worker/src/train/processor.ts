import { jobKeyOf } from "@colaml/shared/contracts/job-key";
import type { TrainJob, TrainResult } from "@colaml/shared/contracts/train";
import type { ColaError } from "@colaml/shared/errors/cola-error";
import { checkRoom } from "@colaml/shared/files/free-room";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { RECORDED_FIRST, type RunEnds } from "@colaml/shared/mlflow/run-ends";
import { stopWordsFile } from "@colaml/shared/settings/stop-word-settings";
import type { JobContext, Processor } from "@colaml/shared/worker/job-context";
import { factsOf, publicationOf, type RunOrigin, runIdentity } from "../publication/publication";
import { iterationMetrics, type MetricPoint } from "../publication/run-contents";
import { LiveRun } from "../publish/live-run";
import type { Publisher, TrainingSpool } from "../publish/publisher";
import { trainModel } from "../training/training";
import { untilTimeIsOver } from "./trial-time";

export interface TrainDependencies {
  mlflow: MlflowClient;
  publisher: Publisher;
  spool: TrainingSpool;
  runEnds: RunEnds;
  origin: RunOrigin;
  /** MiB the trainer may take. */
  maxMemoryMb: number;
  /** Signs model manifests if not empty. */
  hmacKey: string;
  /** Refuses a dataset outside of the configured root; absent: any path may be read. */
  checkPath?: (path: string) => Promise<unknown>;
}

/** What the largest bundles, their run's files and the log take together, with room to spare. */
const ROOM_BYTES = 32 * 1_048_576;

/** What a processor needs of its context; a test brings its own. */
export type TrainContext = Pick<
  JobContext,
  "jobId" | "addedAt" | "attempt" | "signal" | "logger" | "progress"
>;

/**
 * The logic of a `train` job: checks first, then a run in MLflow that shows every iteration, then the model on disk
 * and in the registry, then the champion check. A failure marks the run FAILED and leaves nothing half-written.
 *
 * @throws ColaError OUTPUT_UNWRITABLE if the state's disk has no room for the model; MLFLOW_UNREACHABLE within seconds when there is nothing yet to keep; once the training is
 *   done, an MLflow that is away does not fail the job: the result says that publishing waits
 */
export function createTrainProcessor(dependencies: TrainDependencies): Processor<TrainJob, TrainResult> {
  return (job, context) => train(job, context, dependencies);
}

/** The same for callers that have no BullMQ job, as the last step of tuning. */
export async function train(
  job: TrainJob,
  context: TrainContext,
  dependencies: TrainDependencies,
): Promise<TrainResult> {
  const { mlflow, publisher, spool, runEnds, checkPath } = dependencies;
  const jobKey = jobKeyOf(context.jobId, context.addedAt);
  const before = await alreadyTrained(jobKey, context, dependencies);
  if (before) {
    // An attempt after the one that was recorded may have been killed.
    await runEnds.end({ experiment: job.experiment, by: "job", id: jobKey }, RECORDED_FIRST);
    return before;
  }
  await checkPath?.(job.dataset.path);
  const stopWords = stopWordsFile(job.features.stop_words);
  if (stopWords !== undefined) await checkPath?.(stopWords);
  await checkRoom(spool.folder, ROOM_BYTES, "a training");
  await mlflow.ping();
  const run = runIdentity(job, context.jobId, jobKey, dependencies.origin);
  const live = new LiveRun(dependencies, job.experiment, run, context.logger);
  try {
    const { trained, steps } = await untilTimeIsOver(job, context.signal, (signal) =>
      trainShown(job, { ...context, signal }, live, dependencies),
    );
    void context.progress({ stage: "publish" });
    await live.flush();
    context.signal.throwIfAborted();
    // An attempt that lost its lock may have come to its end meanwhile.
    const meanwhile = await alreadyTrained(jobKey, context, dependencies);
    if (meanwhile) {
      await live.fail(RECORDED_FIRST);
      return meanwhile;
    }
    const publication = publicationOf(job, trained, run, steps, dependencies.hmacKey);
    for (const note of factsOf(publication).notes) context.logger.warn(note);
    return await publisher.publish(publication, context.signal);
  } catch (error) {
    // What is on the spool is not lost: its run is finished when it is published.
    const isKept = (await spool.nameOfJob(jobKey)) ?? (await spool.resultOf(jobKey));
    if (isKept === undefined) await live.fail(error);
    throw error;
  }
}

/**
 * Ends the runs in MLflow that killed attempts at a job left, if it is not run again. A training that is done is
 * kept: it is published like any other.
 */
export async function abandonTraining(
  { experiment }: Pick<TrainJob, "experiment">,
  { jobId, addedAt }: Pick<TrainContext, "jobId" | "addedAt">,
  reason: ColaError,
  { runEnds, spool }: Pick<TrainDependencies, "runEnds" | "spool">,
): Promise<void> {
  const jobKey = jobKeyOf(jobId, addedAt);
  if ((await spool.nameOfJob(jobKey)) !== undefined) return;
  await runEnds.end({ experiment, by: "job", id: jobKey }, reason);
}

/** A job that is taken up again after its worker was killed: its training may be done. */
async function alreadyTrained(
  jobKey: string,
  { signal, logger }: TrainContext,
  { spool, publisher }: TrainDependencies,
): Promise<TrainResult | undefined> {
  if ((await spool.nameOfJob(jobKey)) !== undefined) {
    logger.info("this job's training is done and waits to be published");
    await publisher.publishWaiting(signal);
  }
  return spool.resultOf(jobKey);
}

async function trainShown(
  job: TrainJob,
  { progress, signal, logger }: TrainContext,
  live: LiveRun,
  { maxMemoryMb }: TrainDependencies,
) {
  const steps: MetricPoint[] = [];
  const trained = await trainModel(job, {
    progress: (now) => void progress(now),
    signal,
    maxMemoryMb,
    onPlanned: () => live.open(),
    onIteration: (iteration: BoostIteration) => {
      const points = iterationMetrics(iteration, Date.now());
      steps.push(...points);
      live.log(points);
    },
  });
  const { rows } = trained.plan;
  logger.info("trained", { ...rows, rejected: trained.rejected.count, seconds: trained.seconds });
  for (const { line, reason } of trained.rejected.first.slice(0, 10))
    logger.debug(`row left out: line ${line}: ${reason}`);
  return { trained, steps };
}
