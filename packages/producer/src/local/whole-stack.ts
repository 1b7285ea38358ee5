import { resolve } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { redactUrl } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { listen } from "../http/listen";
import { DASHBOARD_PATH } from "../http/routes/dashboard";
import type { ServiceLog } from "../http/service";
import { openJobQueues } from "../submit/open-queues";
import { checkWorkerSettings, startWorkers, type WorkerCounts } from "./embedded-workers";
import type { LocalContext } from "./local-context";
import { startOf } from "./process-identity";
import { startServers } from "./servers";
import { checkMlflow } from "./service-check";
import { findUp, removeUpRecord, writeUpRecord } from "./up-record";

const MIB = 1024 * 1024;

/** Where what was started is; without secrets. */
export interface Addresses {
  pid: number;
  apiUrl: string;
  dashboard: string;
  mlflowUri: string;
  redisUrl: string;
}

export interface WholeStack {
  addresses: Addresses;
  /** The configuration with the servers' addresses filled in. */
  config: ColaConfig;
  /** Rejects when a server or a worker cannot be kept running. */
  failed: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Servers (those that are not configured), API with dashboard, workers; written down for other commands of the folder.
 *
 * @param log of the API
 * @throws ColaError USAGE when another one runs in this folder; what servers and workers throw, with all stopped again
 */
export async function startAll(
  context: LocalContext,
  counts: WorkerCounts,
  log: ServiceLog,
): Promise<WholeStack> {
  const { config, terminal } = context;
  const stateDir = resolve(config.paths.stateDir);
  checkWorkerSettings(config, counts);
  const other = await findUp(stateDir, (line) => terminal.warn(line));
  if (other)
    throw new ColaError(
      "USAGE",
      `\`cola up\` runs here already, as process ${other.pid}: stop it first (Ctrl-C there)`,
    );
  const closers: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const { resolved, serversFailed } = await startMissingServers(context, closers);
    const queues = await openJobQueues(resolved);
    await queues.close();
    await checkMlflow(resolved);
    const api = await listen(resolved, log);
    closers.push(() => api.close());
    const workers = await startWorkers(resolved, counts, (line) => terminal.warn(line));
    closers.push(() => workers.stop());
    const addresses = {
      pid: process.pid,
      apiUrl: api.url,
      dashboard: `${api.url}${DASHBOARD_PATH}`,
      mlflowUri: resolved.mlflow.trackingUri,
      redisUrl: redactUrl(resolved.redis.url),
    };
    await writeUpRecord(stateDir, {
      pid: process.pid,
      redisUrl: resolved.redis.url,
      mlflowUri: resolved.mlflow.trackingUri,
      apiUrl: api.url,
      startedAt: new Date().toISOString(),
      start: startOf(process.pid),
    });
    closers.push(() => removeUpRecord(stateDir, process.pid, (line) => terminal.warn(line)));
    return { addresses, config: resolved, failed: Promise.race([serversFailed, workers.failed]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMissingServers(
  { config, terminal }: LocalContext,
  closers: (() => unknown)[],
): Promise<{ resolved: ColaConfig; serversFailed: Promise<never> }> {
  const redis = config.redis.url === "";
  const mlflow = config.mlflow.trackingUri === "";
  if (!redis && !mlflow) return { resolved: config, serversFailed: new Promise(() => {}) };
  terminal.say(
    `starting ${[redis ? "Redis" : "", mlflow ? "MLflow" : ""].filter((name) => name !== "").join(" and ")} ...`,
  );
  const { stateDir } = config.paths;
  const servers = await startServers({
    stateDir,
    redis,
    mlflow,
    maxLogBytes: config.logging.maxMb * MIB,
    warn: (line) => terminal.warn(line),
  });
  closers.push(() => servers.stop());
  const resolved = {
    ...config,
    redis: { ...config.redis, url: redis ? servers.redisUrl : config.redis.url },
    mlflow: { ...config.mlflow, trackingUri: mlflow ? servers.mlflowUri : config.mlflow.trackingUri },
  };
  return { resolved, serversFailed: servers.failed };
}
