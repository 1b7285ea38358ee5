import type { Queue } from "bullmq";
import { messageOf } from "../errors/cola-error";
import type { Logger } from "../logging/logger";
import { openQueue, type RedisConnection, type RedisSettings } from "../queue/connection";
import { ExclusiveLocks } from "../queue/exclusive-lock";
import { pullSchedulesForward } from "../queue/schedules";

const LOOK_MS = 10_000;

/**
 * Sets the schedules of a queue right whose next run is too far away, because a clock was ahead when it was planned. One
 * worker at a time looks.
 *
 * @returns what ends the watch
 */
export function watchSchedules(
  name: string,
  { connection, redis, logger }: { connection: RedisConnection; redis: RedisSettings; logger: Logger },
): { stop(): Promise<void> } {
  const { queue } = openQueue(name, { connection, redis, logger });
  const locks = new ExclusiveLocks(connection, redis);
  const look = async () => {
    if (connection.status !== "ready") return;
    try {
      const moved = await locks.tryHold(`schedules-${name}`, () => pullSchedulesForward(queue as Queue));
      for (const id of moved?.result ?? [])
        logger.warn(
          `schedule ${id} was planned by a clock that was ahead: its next time is counted from now`,
        );
    } catch (error) {
      logger.debug(`the schedules of ${name} were not looked at: ${messageOf(error)}`);
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
