import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startChild } from "@colaml/producer/local/child-process";
import { freePort } from "@colaml/producer/local/free-port";
import { findRedisServer } from "@colaml/producer/local/redis-server";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";

const READY_TIMEOUT_MS = 30_000;

/** A Sentinel that watches one master, under the name `mymaster`. */
export interface RedisSentinel {
  readonly port: number;
  /** Resolves when it names the server on this port as the master. */
  untilMasterIs(port: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Sentinel that decides by itself, half a second after it lost the master, and knows its replica. */
export async function startRedisSentinel(masterPort: number): Promise<RedisSentinel> {
  const folder = mkdtempSync(join(tmpdir(), "colaml-sentinel-"));
  const port = await freePort();
  const file = join(folder, "sentinel.conf");
  writeFileSync(
    file,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
      "sentinel down-after-milliseconds mymaster 500",
      "sentinel failover-timeout mymaster 5000",
      "",
    ].join("\n"),
  );
  const child = await startChild({
    name: "Sentinel",
    command: await findRedisServer(resolve(process.env["COLAML_PYTHON"]!, "../..")),
    args: [file, "--sentinel"],
    cwd: folder,
    logFile: join(folder, "sentinel.log"),
    ready: () => Promise.resolve(true),
    readyTimeoutMs: READY_TIMEOUT_MS,
    failure: "REDIS_UNREACHABLE",
  });
  const client = connectRedis({ url: `redis://127.0.0.1:${port}`, prefix: "{t}", cluster: false });
  const until = async (what: () => Promise<boolean>, described: string) => {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await what())) {
      if (Date.now() > deadline) throw new Error(`the Sentinel does not see ${described}`);
      await delay(50);
    }
  };
  const replicas = async () => (await client.call("SENTINEL", "REPLICAS", "mymaster")) as unknown[];
  await until(async () => (await replicas()).length > 0, "the replica");
  return {
    port,
    untilMasterIs: (wanted) =>
      until(async () => {
        const [, now] = (await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")) as string[];
        return now === String(wanted);
      }, `port ${wanted} as master`),
    async stop() {
      closeRedis(client);
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
