import { setTimeout as delay } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { JobQueues } from "../submit/job-queues";
import { openJobQueues } from "../submit/open-queues";
import { checkWorkerSettings, startWorkers, type WorkerCounts } from "./embedded-workers";
import { Interruption, signalName } from "./interruption";
import type { LocalContext } from "./local-context";
import { startServers } from "./servers";
import { checkMlflow } from "./service-check";
import { findServers } from "./state-lock";
import { findUp, type UpRecord } from "./up-record";

/** Where a command's work is done. */
export interface Session {
  /** The configuration with the servers' addresses filled in. */
  config: ColaConfig;
  queues: JobQueues;
  /** `configured`: servers and workers that the settings name; `up`: those of `cola up`; `own`: started for this command. */
  kind: "configured" | "up" | "own";
  /** Rejects when a worker of an `own` session ends by itself; never settles otherwise. */
  failed: Promise<never>;
  /** Stops what this command started, last first; may be called twice. */
  close(): Promise<void>;
}

export interface SessionNeeds {
  /** Workers to start if none run already. */
  workers?: WorkerCounts;
  /** False for a command that only looks at queues. */
  mlflow?: boolean;
  /** False for a command that only talks to MLflow. */
  redis?: boolean;
}

/** A \`cola up\` that is starting, or a command that is ending, is waited for so long. */
const OWNER_WAIT_MS = 20_000;
const OWNER_POLL_MS = 250;

const NEVER: Promise<never> = new Promise(() => {});

function withServers(config: ColaConfig, redisUrl: string, mlflowUri: string): ColaConfig {
  return {
    ...config,
    redis: { ...config.redis, url: redisUrl },
    mlflow: { ...config.mlflow, trackingUri: mlflowUri },
  };
}

/**
 * The servers and workers for a command: those that the settings name, else those that `cola up` started in this
 * folder, else servers and workers for the command's own duration.
 *
 * @throws ColaError REDIS_UNREACHABLE, REDIS_REFUSED, MLFLOW_UNREACHABLE, USAGE
 */
export async function openSession(context: LocalContext, needs: SessionNeeds): Promise<Session> {
  const { config } = context;
  if (config.redis.url !== "" || (config.mlflow.trackingUri !== "" && needs.redis === false)) {
    return connect(config, "configured", needs);
  }
  const up = await findStartingUp(context);
  if (up) {
    const mlflowUri = config.mlflow.trackingUri === "" ? up.mlflowUri : config.mlflow.trackingUri;
    return connect(withServers(config, up.redisUrl, mlflowUri), "up", needs);
  }
  return startOwn(context, needs);
}

/**
 * The `cola up` of this folder. Where another process runs the folder's servers, it is waited for: it may be a
 * `cola up` that is starting, or a command that is about to end.
 *
 * @throws ColaError USAGE when it does neither in time
 */
async function findStartingUp({ config, terminal, signal }: LocalContext): Promise<UpRecord | undefined> {
  const { stateDir } = config.paths;
  const deadline = performance.now() + OWNER_WAIT_MS;
  let told = false;
  for (;;) {
    const up = await findUp(stateDir, (line) => terminal.warn(line));
    const owner = findServers(stateDir, (line) => terminal.warn(line))?.ownerPid;
    if (up || owner === undefined) return up;
    if (performance.now() > deadline) {
      throw new ColaError(
        "USAGE",
        `process ${owner} runs the servers of ${stateDir} for a command of its own: wait for it to end, or start \`cola up\` first and share it`,
      );
    }
    if (!told) terminal.say(`process ${owner} has the servers here: waiting for it`);
    told = true;
    await delay(OWNER_POLL_MS);
    if (signal.aborted) throw new Interruption(signalName(signal), "stopped before anything was started");
  }
}

async function connect(config: ColaConfig, kind: Session["kind"], needs: SessionNeeds): Promise<Session> {
  if (needs.mlflow !== false && config.mlflow.trackingUri !== "") await checkMlflow(config);
  const queues = needs.redis === false ? undefined : await openJobQueues(config);
  return {
    config,
    get queues() {
      return requireQueues(queues);
    },
    kind,
    failed: NEVER,
    close: async () => queues?.close(),
  };
}

function requireQueues(queues: JobQueues | undefined): JobQueues {
  if (!queues) throw new ColaError("INTERNAL", "this command asked for no queues");
  return queues;
}

async function startOwn(context: LocalContext, needs: SessionNeeds): Promise<Session> {
  const { terminal } = context;
  const { stateDir } = context.config.paths;
  const redis = needs.redis !== false;
  const mlflow = needs.mlflow !== false && context.config.mlflow.trackingUri === "";
  checkWorkerSettings(context.config, needs.workers ?? {});
  terminal.say(ownMessage(redis, mlflow, needs.workers ?? {}));
  const warn = (line: string) => terminal.warn(line);
  const servers = await startServers({ stateDir, redis, mlflow, warn });
  const closers: (() => Promise<void>)[] = [() => servers.stop()];
  const close = closeAll(closers);
  try {
    const config = withServers(
      context.config,
      servers.redisUrl,
      mlflow ? servers.mlflowUri : context.config.mlflow.trackingUri,
    );
    if (!mlflow && needs.mlflow !== false) await checkMlflow(config);
    const queues = redis ? await openJobQueues(config) : undefined;
    closers.push(async () => queues?.close());
    const workers = await startWorkers(config, needs.workers ?? {}, (line) => terminal.warn(line));
    closers.push(() => workers.stop());
    return {
      config,
      get queues() {
        return requireQueues(queues);
      },
      kind: "own",
      failed: Promise.race([servers.failed, workers.failed]),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ownMessage(redis: boolean, mlflow: boolean, workers: WorkerCounts): string {
  const servers = [redis ? "Redis" : "", mlflow ? "MLflow" : ""].filter((name) => name !== "");
  const parts = [...servers, ...Object.keys(workers).map((kind) => `the ${kind} worker`)];
  return `nothing is up here: starting ${parts.join(", ")} only for this command (\`cola up\` keeps them running)`;
}

/** Runs the closers last first, once. */
function closeAll(closers: (() => Promise<void>)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const run = async () => {
    for (const close of closers.reverse()) await close();
  };
  return () => {
    closing ??= run();
    return closing;
  };
}
