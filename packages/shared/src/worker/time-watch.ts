import type { Queue } from "bullmq";
import { messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { openQueue, type RedisConnection, type RedisSettings } from "../queue/connection";
import { pullDelayedForward } from "../queue/delayed-jobs";
import { ExclusiveLocks } from "../queue/exclusive-lock";
import { redisTimeMs } from "../queue/redis-time";
import { SEEN_SKEW_MS } from "../queue/retention";
import { pullSchedulesForward } from "../queue/schedules";

const LOOK_MS = 10_000;

/**
 * Sets right what a clock that was ahead planned: schedules whose next run, and jobs whose retry, is further away than
 * their times allow. One worker at a time looks, and none whose own clock differs from Redis's.
 *
 * @param scheduled whether the queue may have schedules
 * @returns what ends the watch
 */
export function watchTimes(
  { name, scheduled = false }: { readonly name: string; readonly scheduled?: boolean },
  { connection, redis, logger }: { connection: RedisConnection; redis: RedisSettings; logger: Logger },
): { stop(): Promise<void> } {
  const queue = openQueue(name, { connection, redis, logger }).queue as Queue;
  const locks = new ExclusiveLocks(connection, redis);
  const setRight = async () => {
    const now = await redisTimeMs(connection);
    if (Math.abs(Date.now() - now) >= SEEN_SKEW_MS) return;
    const why = "planned by a clock that was ahead: its next time is counted from now";
    for (const id of scheduled ? await pullSchedulesForward(queue) : [])
      logger.warn(`schedule ${id} was ${why}`);
    for (const jobId of await pullDelayedForward(queue, connection, now))
      logger.warn(`${name}: a retry was ${why}`, { jobId });
  };
  const look = async () => {
    if (connection.status !== "ready") return;
    try {
      await locks.tryHold(`times-${name}`, setRight);
    } catch (error) {
      logger.debug(`the times of ${name} were not looked at: ${messageOf(error)}`);
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await queue.close();
    },
  };
}
