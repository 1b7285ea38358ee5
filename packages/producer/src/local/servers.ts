import { resolve } from "node:path";
import { messageOf } from "@colaml/shared/errors/cola-error";
import type { RunningChild } from "./child-process";
import { type EmbeddedMlflow, startMlflow } from "./mlflow-server";
import { type EmbeddedRedis, startRedis } from "./redis-server";
import { rememberedPorts, rememberPorts, type ServerPorts } from "./server-ports";
import { lockState } from "./state-lock";

/** The Python environment that `scripts/setup.mjs` makes, seen from `packages/producer/dist/embedded`. */
const DEFAULT_PYTHON_DIR = resolve(__dirname, "../../../../.colaml/python");

export interface ServersOptions {
  /** Data, logs and the lock; what is in it survives between runs. */
  stateDir: string;
  pythonDir?: string;
  /** Default true. */
  redis?: boolean;
  /** Default true. */
  mlflow?: boolean;
  /** Takes a line for a person: a server could not keep its port. */
  warn?: (line: string) => void;
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
 * A real Redis and a real MLflow as child processes on loopback, both started at once. Each keeps the port that it
 * had in this folder before, so that addresses and links of yesterday work; the first time it takes a free one.
 *
 * @throws ColaError USAGE when another process runs the servers of this folder (`findServers` says where);
 *   REDIS_UNREACHABLE or MLFLOW_UNREACHABLE when one does not start: nothing is left running then
 */
export async function startServers(options: ServersOptions): Promise<EmbeddedServers> {
  const stateDir = resolve(options.stateDir);
  const where = { stateDir, pythonDir: options.pythonDir ?? DEFAULT_PYTHON_DIR };
  const warn = options.warn ?? (() => {});
  const lock = await lockState(stateDir);
  const before = await rememberedPorts(stateDir, warn).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  const [redis, mlflow] = await Promise.allSettled([
    options.redis === false ? undefined : startRedis(withPort(where, before.redis)),
    options.mlflow === false ? undefined : startMlflow(withPort(where, before.mlflow)),
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
  const startedRedis = (redis as PromiseFulfilledResult<EmbeddedRedis | undefined>).value;
  const startedMlflow = (mlflow as PromiseFulfilledResult<EmbeddedMlflow | undefined>).value;
  const redisUrl = startedRedis?.url ?? "";
  const mlflowUri = startedMlflow?.uri ?? "";
  const now = { redis: startedRedis?.port ?? before.redis, mlflow: startedMlflow?.port ?? before.mlflow };
  warnOfMoves(before, now, warn);
  // Without the file the servers run all the same, on other ports next time.
  await rememberPorts(stateDir, now).catch((error: unknown) => warn(messageOf(error)));
  await lock.write({
    ownerPid: process.pid,
    childPids: children.map((child) => child.pid),
    redisUrl,
    mlflowUri,
  });
  return { redisUrl, mlflowUri, children, stop };
}

const withPort = <Where extends object>(where: Where, preferredPort: number | undefined) =>
  preferredPort === undefined ? where : { ...where, preferredPort };

/** Says which server is elsewhere than before. */
function warnOfMoves(before: ServerPorts, now: ServerPorts, warn: (line: string) => void): void {
  const moves = [
    ["Redis", before.redis, now.redis],
    ["MLflow", before.mlflow, now.mlflow],
  ] as const;
  for (const [name, old, port] of moves) {
    if (old === undefined || old === port) continue;
    warn(
      `port ${old} of ${name} is taken: it listens on ${port} from now on, and links to the old port no longer work`,
    );
  }
}
