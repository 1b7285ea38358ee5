import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { type PrivateRedis, startPrivateRedis } from "./private-redis";

const SLOTS = 16_384;
const READY_TIMEOUT_MS = 30_000;

/** A Redis Cluster of masters on loopback, each with its share of the slots. */
export interface RedisCluster {
  /** One node's address, as REDIS_URL with COLAML_REDIS_CLUSTER=true takes it. */
  readonly url: string;
  readonly nodes: readonly PrivateRedis[];
  stop(): Promise<void>;
}

/**
 * Starts a cluster with nothing but commands (`redis-cli` may not be there): nodes meet, share the slots and agree.
 */
export async function startRedisCluster(size = 3): Promise<RedisCluster> {
  const nodes: PrivateRedis[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    while (nodes.length < size) nodes.push(await startNode());
    const connections = nodes.map((node) => connectRedis({ url: node.url, prefix: "{t}", cluster: false }));
    await Promise.all(connections.map((connection) => once(connection, "ready")));
    await join(connections, nodes);
    connections.forEach(closeRedis);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: nodes[0]!.url, nodes, stop };
}

function startNode(): Promise<PrivateRedis> {
  const bus = [
    "--cluster-enabled",
    "yes",
    "--cluster-config-file",
    "nodes.conf",
    "--cluster-node-timeout",
    "2000",
  ];
  return startPrivateRedis(bus, { hasClusterBus: true });
}

async function join(connections: readonly RedisConnection[], nodes: readonly PrivateRedis[]): Promise<void> {
  const [first] = connections;
  for (const [index, connection] of connections.entries()) {
    const from = Math.floor((index * SLOTS) / connections.length);
    const to = Math.floor(((index + 1) * SLOTS) / connections.length);
    const slots = Array.from({ length: to - from }, (_, offset) => String(from + offset));
    await connection.call("CLUSTER", "ADDSLOTS", ...slots);
    await connection.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    if (index > 0) await first!.call("CLUSTER", "MEET", "127.0.0.1", String(nodes[index]!.port));
  }
  await Promise.all(connections.map((connection) => untilAgreed(connection, connections.length)));
}

async function untilAgreed(connection: RedisConnection, size: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const info = String(await connection.call("CLUSTER", "INFO"));
    const agreed = ["cluster_state:ok", `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${size}`];
    if (agreed.every((line) => info.includes(`${line}\r`))) return;
    if (Date.now() > deadline) throw new Error(`the cluster does not agree: ${info}`);
    await delay(50);
  }
}
