import { checkRedis, closeRedis, connectRedis, type RedisSettings } from "@colaml/shared/queue/connection";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { JobQueues } from "./job-queues";

/**
 * The queues on the Redis that the configuration names, once it has answered.
 *
 * @throws ColaError REDIS_UNREACHABLE within 5 s with the address and what to check; REDIS_REFUSED for a wrong
 *   password, missing rights or a Redis that would evict jobs; REDIS_FULL
 */
export async function openJobQueues(config: { redis: RedisSettings }): Promise<JobQueues> {
  const connection = connectRedis(config.redis);
  try {
    await checkRedis(connection, config.redis);
  } catch (error) {
    closeRedis(connection);
    throw error;
  }
  return new JobQueues(connection, config.redis);
}

/** The queues on a Redis that may be down now and come back: for a server, which shows it on `/readyz`. */
export function openLastingQueues(config: ColaConfig): JobQueues {
  return new JobQueues(connectRedis(config.redis), config.redis);
}
