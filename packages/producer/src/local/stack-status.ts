import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Incident } from "@colaml/shared/contracts/alerts";
import { messageOf } from "@colaml/shared/errors/cola-error";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { championOf } from "@colaml/shared/mlflow/champion";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { CheckHistory, type CheckRecord } from "@colaml/shared/outputs/check-history";
import { redactUrl } from "@colaml/shared/settings/resolve-config";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type CheckResult, createHealthChecks } from "@colaml/shared/worker/health-checks";
import { serviceChecks } from "../http/health-checks";
import type { JobQueues } from "../submit/job-queues";
import { openLastingQueues } from "../submit/open-queues";
import { type QueueOverview, queueOverviews } from "../submit/queue-overview";
import type { LocalContext } from "./local-context";
import { findUp } from "./up-record";

/** A server that does not answer in this time counts as down. */
const ANSWER_MS = 2_000;
/** Models whose champion is looked up: those that were changed last. */
const MAX_MODELS = 20;

export interface ServerStatus extends CheckResult {
  /** Without secrets; absent if none is configured or runs here. */
  address?: string;
}

/** A worker process and the queues that it listens on. */
export interface WorkerStatus {
  host: string;
  pid: number;
  release: string;
  /** ISO 8601, UTC: since when it listens. */
  since: string;
  queues: string[];
  /** Where it answers `/livez`, `/readyz` and `/metrics`; absent if it does nowhere, or is of release 0.1. */
  healthUrl?: string | undefined;
}

export interface ChampionStatus {
  model: string;
  /** Absent: it has none yet. */
  version?: string;
}

/** The last check of a model. */
export interface CheckStatus extends CheckRecord {
  model: string;
}

/** Everything that operators look at first. */
export interface StackStatus {
  /** Nothing that is needed is down. */
  ok: boolean;
  /** What is down, a line each with what mends it. */
  problems: string[];
  servers: { redis: ServerStatus; mlflow: ServerStatus; api: ServerStatus };
  workers: WorkerStatus[];
  /** Absent while Redis is away. */
  queues?: QueueOverview[];
  /** Absent while MLflow is away. */
  champions?: ChampionStatus[];
  /** Of the models that were checked in this state folder. */
  checks: CheckStatus[];
  /** Those of this state folder that have not ended. */
  incidents: Incident[];
}

interface FoundServers {
  config: ColaConfig;
  apiUrl?: string;
  /** `cola up` of this folder started the API; another one may run anywhere. */
  isOwnApi?: boolean;
}

/** Where the servers are: as a command finds them, but nothing is started. */
async function findServers({ config, terminal }: LocalContext): Promise<FoundServers> {
  const up = await findUp(config.paths.stateDir, (line) => terminal.warn(line));
  const { redis, mlflow, http } = config;
  const isConfigured = redis.url !== "";
  if (!up || (isConfigured && redis.url !== up.redisUrl))
    return { config, ...(isConfigured && { apiUrl: `http://${http.host}:${http.port}` }) };
  return {
    apiUrl: up.apiUrl,
    isOwnApi: true,
    config: {
      ...config,
      redis: { ...redis, url: up.redisUrl },
      mlflow: { ...mlflow, trackingUri: mlflow.trackingUri || up.mlflowUri },
    },
  };
}

/**
 * Looks at servers, workers, queues, champions, checks and incidents, each for 2 s at most; starts nothing.
 *
 * @param clock milliseconds since 1970
 */
export async function readStackStatus(
  context: LocalContext,
  clock: () => number = Date.now,
): Promise<StackStatus> {
  const { config, apiUrl, isOwnApi = false } = await findServers(context);
  const queues = config.redis.url === "" ? undefined : openLastingQueues(config);
  try {
    const servers = await lookAtServers(config, queues, apiUrl);
    const report = (line: string) => context.terminal.warn(line);
    const [overviews, champions, checks, incidents] = await Promise.all([
      queues && servers.redis.ok ? inTime(queueOverviews(queues, clock)) : undefined,
      servers.mlflow.ok ? inTime(readChampions(config)) : undefined,
      readLastChecks(config.paths.stateDir, report),
      new IncidentStore(config.paths.stateDir, report).list({ open: true }),
    ]);
    if (overviews && "failed" in overviews)
      Object.assign(servers.redis, { ok: false, reason: overviews.failed });
    if (champions && "failed" in champions)
      Object.assign(servers.mlflow, { ok: false, reason: champions.failed });
    const seen = overviews && "value" in overviews ? overviews.value : undefined;
    const problems = problemsOf(servers, isOwnApi, seen);
    return {
      ok: problems.length === 0,
      problems,
      servers,
      workers: workersOf(seen ?? []),
      ...(seen && { queues: seen }),
      ...(champions && "value" in champions && { champions: champions.value }),
      checks,
      incidents,
    };
  } finally {
    await queues?.close();
  }
}

/** The result, or why there is none in time: what hangs must not hold the rest up. */
async function inTime<T>(work: Promise<T>): Promise<{ value: T } | { failed: string }> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS).unref();
  });
  try {
    return { value: await Promise.race([work, late]) };
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

async function lookAtServers(
  config: ColaConfig,
  queues: JobQueues | undefined,
  apiUrl: string | undefined,
): Promise<StackStatus["servers"]> {
  const notHere = async () => {
    throw new Error("none is configured, and `cola up` does not run in this folder");
  };
  const { redis = notHere, mlflow = notHere } = queues ? serviceChecks(config, queues) : {};
  const isLive = async (signal: AbortSignal) => {
    const { status } = await fetch(`${apiUrl}/livez`, { signal, redirect: "error" });
    if (status !== 200) throw new Error(`status ${status}`);
  };
  const checks = { redis, mlflow, api: apiUrl === undefined ? notHere : isLive };
  const found = (await createHealthChecks(checks, undefined, ANSWER_MS).look()) as Record<
    keyof typeof checks,
    CheckResult
  >;
  const at = (address: string | undefined) => (address ? { address: redactUrl(address) } : {});
  return {
    redis: { ...found.redis, ...at(config.redis.url) },
    mlflow: { ...found.mlflow, ...at(config.mlflow.trackingUri) },
    api: { ...found.api, ...at(apiUrl) },
  };
}

async function readChampions(config: ColaConfig): Promise<ChampionStatus[]> {
  const mlflow = createMlflowClient({ ...config.mlflow, timeoutS: ANSWER_MS / 1_000, maxRetries: 0 });
  const names = await mlflow.registry.names(MAX_MODELS);
  return Promise.all(
    names.map(async (model) => {
      const champion = await championOf(mlflow, model);
      return { model, ...(champion && { version: champion.version }) };
    }),
  );
}

async function readLastChecks(stateDir: string, report: (line: string) => void): Promise<CheckStatus[]> {
  const folder = dirname(dirname(stateFolder(stateDir).checkHistory("any")));
  const models = await readdir(folder).catch(() => []);
  const history = new CheckHistory(stateDir, report);
  const last = models
    .filter((model) => SAFE_NAME.test(model))
    .map(async (model) => {
      const check = (await history.read(model)).at(-1);
      return check ? [{ ...check, model }] : [];
    });
  return (await Promise.all(last)).flat();
}

/** Each process once. */
function workersOf(queues: readonly QueueOverview[]): WorkerStatus[] {
  const processes = new Map<string, WorkerStatus>();
  for (const { queue, workers } of queues) {
    for (const worker of workers) {
      const key = `${worker.host} ${worker.pid}`;
      const known = processes.get(key) ?? { ...worker, queues: [] };
      known.queues.push(queue);
      processes.set(key, known);
    }
  }
  return [...processes.values()].sort((a, b) => a.host.localeCompare(b.host) || a.pid - b.pid);
}

/** An API that was not started here may run elsewhere; a queue without a worker matters once a job waits there. */
function problemsOf(
  { redis, mlflow, api }: StackStatus["servers"],
  isOwnApi: boolean,
  queues: readonly QueueOverview[] = [],
): string[] {
  const needed = { Redis: redis, MLflow: mlflow, ...(isOwnApi && { "the API": api }) };
  const down = Object.entries(needed).flatMap(([name, { ok, address, reason }]) =>
    ok ? [] : [`${name}${address ? ` at ${address}` : ""} is down: ${reason}`],
  );
  const unattended = queues.flatMap(({ queue, worker, counts, workers, otherWorkers = 0 }) =>
    worker !== undefined && counts.waiting > 0 && workers.length + otherWorkers === 0
      ? [
          `queue ${queue}: ${counts.waiting} waiting and no worker listens: start a ${worker} worker, or \`cola up\``,
        ]
      : [],
  );
  return [...down, ...unattended];
}
