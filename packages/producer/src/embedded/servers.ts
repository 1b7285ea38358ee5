import { resolve } from "node:path";
import type { RunningChild } from "./child-process";
import { type EmbeddedMlflow, startMlflow } from "./mlflow-server";
import { type EmbeddedRedis, startRedis } from "./redis-server";
import { lockState } from "./state-lock";

/** The Python environment that `scripts/setup.mjs` makes, seen from `packages/producer/dist/embedded`. */
export const DEFAULT_PYTHON_DIR = resolve(__dirname, "../../../../.colaml/python");

export interface ServersOptions {
  /** Data, logs and the lock; what is in it survives between runs. */
  stateDir: string;
  pythonDir?: string;
  /** Default true. */
  redis?: boolean;
  /** Default true. */
  mlflow?: boolean;
}

export interface EmbeddedServers {
  /** Empty when Redis was not asked for. */
  redisUrl: string;
  /** Empty when MLflow was not asked for. */
  mlflowUri: string;
  /** What runs, so that its end can be noticed. */
  children: readonly RunningChild[];
  /** Ends all of it; may be called twice. */
  stop(): Promise<void>;
}

/**
 * A real Redis and a real MLflow as child processes on free loopback ports, both started at once.
 *
 * @throws ColaError USAGE when another process runs the servers of this folder (`findServers` says where);
 *   REDIS_UNREACHABLE or MLFLOW_UNREACHABLE when one does not start: nothing is left running then
 */
export async function startServers(options: ServersOptions): Promise<EmbeddedServers> {
  const stateDir = resolve(options.stateDir);
  const where = { stateDir, pythonDir: options.pythonDir ?? DEFAULT_PYTHON_DIR };
  const lock = await lockState(stateDir);
  const [redis, mlflow] = await Promise.allSettled([
    options.redis === false ? undefined : startRedis(where),
    options.mlflow === false ? undefined : startMlflow(where),
  ]);
  const children = [redis, mlflow].flatMap((start) =>
    start.status === "fulfilled" && start.value ? [start.value.child] : [],
  );
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= Promise.all(children.map((child) => child.stop())).then(() => lock.release());
    return stopping;
  };
  const failed = [redis, mlflow].find((start) => start.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const redisUrl = (redis as PromiseFulfilledResult<EmbeddedRedis | undefined>).value?.url ?? "";
  const mlflowUri = (mlflow as PromiseFulfilledResult<EmbeddedMlflow | undefined>).value?.uri ?? "";
  lock.write({ ownerPid: process.pid, childPids: children.map((child) => child.pid), redisUrl, mlflowUri });
  return { redisUrl, mlflowUri, children, stop };
}
