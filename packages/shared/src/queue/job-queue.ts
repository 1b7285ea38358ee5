import type { JobOf, QueueName, ResultOf } from "../contracts/catalogue";
import type { Logger } from "../logging/logger";
import { type OpenQueue, openQueue, type RedisConnection, type RedisSettings } from "./connection";

/** A queue of the catalogue with the types of its jobs. Who opened the connection closes it. */
export function openJobQueue<Queue extends QueueName>(
  queue: Queue,
  options: { connection: RedisConnection; redis: RedisSettings; logger?: Logger },
): OpenQueue<JobOf<Queue>, ResultOf<Queue>> {
  return openQueue<JobOf<Queue>, ResultOf<Queue>>(queue, options);
}
