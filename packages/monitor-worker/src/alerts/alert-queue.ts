import type { Alert } from "@colaml/shared/contracts/alerts";
import { messageOf } from "@colaml/shared/errors/cola-error";
import type { Logger } from "@colaml/shared/logging/logger";
import type { RedisConnection, RedisSettings } from "@colaml/shared/queue/connection";
import { openJobQueue } from "@colaml/shared/queue/job-queue";

/** What nobody took in this time is not news any more; the incident itself stays in the state folder. */
const KEPT_MS = 7 * 86_400_000;
/** Alerts that wait at most; the oldest give way. */
const KEPT_COUNT = 1_000;
/** Also a monitor whose rules are quiet removes old alerts. */
const TRIM_INTERVAL_MS = 3_600_000;

export interface AlertQueueOptions {
  connection: RedisConnection;
  redis: RedisSettings;
  logger: Logger;
  /** Alerts that wait at most; default 1,000. */
  keptCount?: number;
}

export interface AlertQueue {
  /** Puts an alert on the queue, once. */
  add(alert: Alert): Promise<void>;
  /**
   * Removes alerts that nobody took within a week, and the oldest beyond the number that is kept.
   * @returns how many
   */
  trim(): Promise<number>;
  /** Trims now and every hour. @returns ends it */
  keepTrimmed(): () => void;
}

/** The queue `alerts`, for whoever listens. If nobody does, it holds the last ones only. */
export function openAlertQueue({ keptCount = KEPT_COUNT, ...options }: AlertQueueOptions): AlertQueue {
  const { queue } = openJobQueue("alerts", options);
  const trim = async () => {
    const old = await queue.clean(KEPT_MS, 0, "wait");
    const excess = (await queue.getWaitingCount()) - keptCount;
    if (excess <= 0) return old.length;
    const oldest = await queue.getJobs(["waiting"], 0, excess - 1, true);
    // One that a listener has taken meanwhile is on its way out anyway.
    const removed = await Promise.allSettled(oldest.map((job) => job?.remove()));
    return old.length + removed.filter(({ status }) => status === "fulfilled").length;
  };
  const trimQuietly = () =>
    trim().then(
      (removed) => {
        if (removed > 0) options.logger.info("old alerts left the queue, which nobody took", { removed });
      },
      (error: unknown) => options.logger.debug(`alerts were not trimmed: ${messageOf(error)}`),
    );
  return {
    async add(alert) {
      await queue.add(alert.rule, alert, { jobId: `${alert.id}-${alert.status}` });
      await trimQuietly();
    },
    trim,
    keepTrimmed() {
      void trimQuietly();
      const timer = setInterval(() => void trimQuietly(), TRIM_INTERVAL_MS).unref();
      return () => clearInterval(timer);
    },
  };
}
