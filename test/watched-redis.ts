import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";
import { type PrivateRedis, startPrivateRedis } from "./private-redis";
import { type RedisSentinel, startRedisSentinel } from "./redis-sentinel";

/** A master, its replica and a Sentinel that watches them under the name `mymaster`. */
export interface WatchedRedis {
  readonly master: PrivateRedis;
  readonly replica: PrivateRedis;
  readonly sentinel: RedisSentinel;
  /** For REDIS_SENTINELS: the first address answers nothing. */
  readonly sentinels: string;
  stop(): Promise<void>;
}

export async function startWatchedRedis(): Promise<WatchedRedis> {
  const [master, replica] = [await startPrivateRedis(), await startPrivateRedis()];
  await makeReplica(replica, master);
  const sentinel = await startRedisSentinel(master.port);
  return {
    master,
    replica,
    sentinel,
    sentinels: `127.0.0.1:1,127.0.0.1:${sentinel.port}`,
    async stop() {
      await sentinel.stop();
      await Promise.all([master.stop(), replica.stop()]);
    },
  };
}

/** Resolves when the replica has what the master has. */
export async function makeReplica(replica: PrivateRedis, master: PrivateRedis): Promise<void> {
  const client = connectRedis({ url: replica.url, prefix: "{t}", cluster: false });
  await client.call("REPLICAOF", "127.0.0.1", String(master.port));
  while (!(await client.info("replication")).includes("master_link_status:up")) await client.ping();
  closeRedis(client);
}
