import { type Job, WaitingChildrenError } from "bullmq";
import { messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { childOutcomesOf, endedChildrenOf, unfinishedChildrenOf } from "../queue/job-children";
import type { JobStart } from "../queue/job-starts";
import type { JobChildren, JobContext } from "./job-context";
import type { JobLog } from "./job-log";

/** What one attempt at a job consists of, as the runner has it. */
export interface ContextParts {
  job: Job;
  /** Of the job's lock. */
  token: string | undefined;
  logger: Logger;
  log: JobLog;
  signal: AbortSignal;
  stopping: AbortSignal;
  start: JobStart;
  /** Throws what makes the runner hand the job back. */
  handBack: () => Promise<never>;
}

/** What a processor is given of a job. */
export function openContext(parts: ContextParts): JobContext {
  const { job, token, logger, log, signal, stopping, start, handBack } = parts;
  let isKnown = start.deaths === 0;
  return {
    jobId: job.id ?? "",
    addedAt: job.timestamp,
    attempt: job.attemptsMade + 1,
    attempts: job.opts.attempts ?? 1,
    deaths: start.deaths,
    signal,
    stopping,
    logger,
    parentId: job.parent?.id,
    children: childrenOf(job, token),
    async progress(progress) {
      log.stage(progress.stage);
      try {
        await job.updateProgress(progress);
      } catch (error) {
        logger.debug(`progress was not stored: ${messageOf(error)}`);
      }
    },
    async progressed() {
      if (isKnown) return;
      isKnown = true;
      await start.progressed();
    },
    handBack,
  };
}

function childrenOf(job: Job, token: string | undefined): JobChildren {
  return {
    parent: { id: job.id ?? "", queue: job.queueQualifiedName },
    ended: () => endedChildrenOf(job),
    unfinished: () => unfinishedChildrenOf(job),
    outcomes: <Result>() => childOutcomesOf<Result>(job),
    async wait() {
      if (await job.moveToWaitingChildren(token ?? "")) throw new WaitingChildrenError();
    },
  };
}
