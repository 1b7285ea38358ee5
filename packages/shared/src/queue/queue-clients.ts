import { Cluster } from "ioredis";
import type { RedisConnection } from "./connection";
import { workerClientName } from "./redis-keys";

/** Between the queue's part of a connection's name and the worker's own. */
const WORKER_NAME = ":w:";

/** The connections of all BullMQ workers, by the name that Redis has of them. */
export interface QueueClients {
  /** @returns for each worker on the queue its own name; an empty one if it has none */
  workersOn(queue: string): string[];
}

/**
 * Asks Redis once who is connected. A worker of an earlier release, of another language or of somebody's own shows
 * only here.
 *
 * @returns undefined if Redis refuses it, by its rights or because it does not have the command
 */
export async function readQueueClients(
  connection: RedisConnection,
  prefix: string,
): Promise<QueueClients | undefined> {
  const lists = await clientLists(connection);
  if (lists === undefined) return undefined;
  const names = lists.flatMap((list) => [...list.matchAll(/ name=(\S*)/g)].map(([, name]) => name as string));
  return {
    workersOn: (queue) => {
      const unnamed = workerClientName(prefix, queue);
      const named = `${unnamed}${WORKER_NAME}`;
      return names.flatMap((name) => {
        if (name === unnamed) return [""];
        return name.startsWith(named) ? [name.slice(named.length)] : [];
      });
    },
  };
}

async function clientLists(connection: RedisConnection): Promise<string[] | undefined> {
  const nodes = connection instanceof Cluster ? connection.nodes("master") : [connection];
  try {
    return await Promise.all(nodes.map(async (node) => String(await node.client("LIST"))));
  } catch (error) {
    if ((error as Error).name === "ReplyError") return undefined;
    throw error;
  }
}
