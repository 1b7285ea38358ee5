import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { redactUrl } from "@colaml/shared/config/resolve-config";
import type { ColaConfig } from "@colaml/shared/config/schema";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Command } from "commander";
import { startServers } from "../../embedded/servers";
import { listen } from "../../http/listen";
import { DASHBOARD_PATH } from "../../http/routes/dashboard";
import { openJobQueues } from "../../jobs/open-queues";
import { addCommonOptions, type CommandContext, handler } from "../command-context";
import { startWorkers } from "../embedded-workers";
import { Interruption, signalName } from "../interruption";
import { wholeOption } from "../options";
import { checkMlflow } from "../service-check";
import { addSettingFlags } from "../setting-flags";
import { printable } from "../terminal";
import { findUp, removeUpRecord, writeUpRecord } from "../up-record";

const EXAMPLES = `
Examples:
  $ npm run cola -- up
  $ npm run cola -- up --trainers 2 --predictors 4
  $ REDIS_URL=redis://queue:6379 MLFLOW_TRACKING_URI=http://mlflow:5000 npm run cola -- up`;

const MAX_WORKERS = 64;

/** Workers that `up` starts where nothing else is said. */
export const UP_DEFAULTS = { trainers: 1, predictors: 2, monitors: 1 } as const;

/** `cola up`: servers, workers, API and dashboard in the foreground, until Ctrl-C. */
export function addUpCommand(program: Command): void {
  const command = program
    .command("up")
    .description("start Redis, MLflow, the workers, the API and the dashboard here, until Ctrl-C")
    .option("--trainers <count>", "trainer workers", String(UP_DEFAULTS.trainers))
    .option("--predictors <count>", "predictor workers", String(UP_DEFAULTS.predictors))
    .option("--monitors <count>", "monitor workers", String(UP_DEFAULTS.monitors))
    .addHelpText("after", EXAMPLES);
  const readFlags = addSettingFlags(addCommonOptions(command), ["http.host", "http.port", "paths.dataDir"]);
  command.action(
    handler(readFlags, async (context) => {
      const up = await startAll(context);
      try {
        context.terminal.result(up.addresses, describe(context, up.addresses));
        await Promise.race([untilAborted(context.signal), up.failed]);
        throw new Interruption(signalName(context.signal), "stopping: jobs in hand go back to their queues");
      } finally {
        await up.stop();
        context.terminal.say("all stopped");
      }
    }),
  );
}

interface Up {
  addresses: { pid: number; apiUrl: string; dashboard: string; mlflowUri: string; redisUrl: string };
  failed: Promise<never>;
  stop(): Promise<void>;
}

/** Everything `up` runs, for the demo too. @throws ColaError USAGE when another one runs in this folder */
export async function startAll(context: CommandContext): Promise<Up> {
  const { config, terminal } = context;
  const stateDir = resolve(config.paths.stateDir);
  const other = await findUp(stateDir);
  if (other)
    throw new ColaError(
      "USAGE",
      `\`cola up\` runs here already, as process ${other.pid}: stop it first (Ctrl-C there)`,
    );
  const counts = workerCounts(context.options);
  const closers: (() => unknown)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const resolved = await startMissingServers(context, closers);
    const queues = await openJobQueues(resolved);
    await queues.close();
    await checkMlflow(resolved);
    const api = await listen(resolved, apiLog(terminal));
    closers.push(() => api.close());
    const workers = await startWorkers(resolved, counts);
    closers.push(() => workers.stop());
    const addresses = {
      pid: process.pid,
      apiUrl: api.url,
      dashboard: `${api.url}${DASHBOARD_PATH}`,
      mlflowUri: resolved.mlflow.trackingUri,
      redisUrl: redactUrl(resolved.redis.url),
    };
    writeUpRecord(stateDir, {
      pid: process.pid,
      redisUrl: resolved.redis.url,
      mlflowUri: resolved.mlflow.trackingUri,
      apiUrl: api.url,
      startedAt: new Date().toISOString(),
    });
    closers.push(() => removeUpRecord(stateDir, process.pid));
    return { addresses, failed: workers.failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMissingServers(
  { config, terminal }: CommandContext,
  closers: (() => unknown)[],
): Promise<ColaConfig> {
  const redis = config.redis.url === "";
  const mlflow = config.mlflow.trackingUri === "";
  if (!redis && !mlflow) return config;
  terminal.say(
    `starting ${[redis ? "Redis" : "", mlflow ? "MLflow" : ""].filter((name) => name !== "").join(" and ")} ...`,
  );
  const servers = await startServers({ stateDir: config.paths.stateDir, redis, mlflow });
  closers.push(() => servers.stop());
  return {
    ...config,
    redis: { ...config.redis, url: redis ? servers.redisUrl : config.redis.url },
    mlflow: { ...config.mlflow, trackingUri: mlflow ? servers.mlflowUri : config.mlflow.trackingUri },
  };
}

function workerCounts(options: Readonly<Record<string, unknown>>) {
  const count = (name: keyof typeof UP_DEFAULTS) =>
    wholeOption(options, name, 0, MAX_WORKERS) ?? UP_DEFAULTS[name];
  return { trainer: count("trainers"), predictor: count("predictors"), monitor: count("monitors") };
}

const apiLog = (terminal: CommandContext["terminal"]) => {
  const line = (message: string, fields: Record<string, unknown> = {}) =>
    printable(
      [message, ...Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)].join(" "),
    );
  return {
    info: (message: string, fields?: Record<string, unknown>) => terminal.say(line(message, fields)),
    warn: (message: string, fields?: Record<string, unknown>) => terminal.warn(line(message, fields)),
    error: (message: string, fields?: Record<string, unknown>) => terminal.warn(line(message, fields)),
  };
};

function describe({ terminal }: CommandContext, addresses: Up["addresses"]): string {
  return [
    terminal.bold("ColaML is up. Ctrl-C stops all of it."),
    `  dashboard  ${addresses.dashboard}`,
    `  API        ${addresses.apiUrl} (docs: ${addresses.apiUrl}/docs)`,
    `  MLflow     ${addresses.mlflowUri}`,
    `  Redis      ${addresses.redisUrl}`,
    "  In another terminal of this folder: npm run cola -- train FILE.csv",
  ].join("\n");
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(2 ** 31 - 1, undefined, { signal }).catch(() => {});
  }
}
