import { resolve } from "node:path";
import { loadAlertRules } from "@colaml/shared/alerts/load-alert-rules";
import type { WorkerName } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { EXIT } from "@colaml/shared/errors/error-table";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type ChildExit, type RunningChild, startChild } from "./child-process";
import { freePort } from "./free-port";
import { httpStatus, liveUrl } from "./http-status";
import { keepChild } from "./kept-child";

const MIB = 1024 * 1024;

/** How many processes of each kind to start. */
export type WorkerCounts = Partial<Record<WorkerName, number>>;

/** `packages/`, seen from `packages/producer/dist/cli`. */
const PACKAGES = resolve(__dirname, "../../..");
/** On top of the grace time that a worker gives its job at SIGTERM. */
const STOP_MARGIN_MS = 5_000;

export interface EmbeddedWorkers {
  /** Rejects when a worker cannot be kept running. */
  failed: Promise<never>;
  /** SIGTERM to all at once; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Environment variables that give a child process exactly this configuration; empty values are left out.
 * Paths are made absolute, as a child may work elsewhere.
 */
function configEnvironment(config: ColaConfig): Record<string, string> {
  const absolute = new Set(["paths.stateDir", "paths.dataDir", "logging.file"]);
  const entries = SETTINGS.map(({ key, env }) => {
    const [group, name] = key.split(".") as [keyof ColaConfig, string];
    const value = String((config[group] as Record<string, unknown>)[name]);
    return [env, absolute.has(key) && value !== "" ? resolve(value) : value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

/**
 * What a worker would end at once for, reported before anything is started.
 * @throws ColaError CONFIG_INVALID
 */
export function checkWorkerSettings(config: ColaConfig, counts: WorkerCounts): void {
  if (counts.monitor) loadAlertRules(config.monitor.alertRules);
}

/**
 * Starts worker processes on the servers that `config` names; their console goes to `<stateDir>/logs`. One that
 * ends by itself or hangs is started again: its job is still on the queue.
 *
 * @param warn gets a line for each restart
 * @param silentMs one that gives no answer at `/livez` for this long is ended; default 120,000
 */
export async function startWorkers(
  config: ColaConfig,
  counts: WorkerCounts,
  warn: (message: string) => void,
  silentMs?: number,
): Promise<EmbeddedWorkers> {
  const names = (Object.entries(counts) as [WorkerName, number][]).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => [kind, i + 1] as const),
  );
  const { healthPort: firstPort } = config.worker;
  // A port is for one process; that of a worker stays the same when it is started again.
  const ports = await Promise.all(names.map((_, i) => (firstPort > 0 ? firstPort + i : freePort())));
  const stopping = new AbortController();
  const running = new Map<string, RunningChild>();
  const keep = async (kind: WorkerName, number: number, healthPort: number): Promise<never> => {
    const start = () => startWorker(config, kind, number, healthPort);
    const changed = (child: RunningChild) => void running.set(child.name, child);
    const first = await start();
    changed(first);
    if (stopping.signal.aborted) await first.stop();
    const url = liveUrl(config.worker.healthHost, healthPort);
    // Whatever it says: 503 is of one that waits for Redis, and another one would wait as well.
    const answers = async (timeoutMs: number) => (await httpStatus(url, timeoutMs)) !== undefined;
    const watch = { answers, silentMs };
    return keepChild(first, { start, stopping: stopping.signal, warn, changed, isFinal, watch });
  };
  const failed = Promise.race([
    new Promise<never>(() => {}),
    ...names.map(([kind, number], i) => keep(kind, number, ports[i]!)),
  ]);
  failed.catch(() => {});
  const stop = async () => {
    stopping.abort();
    await Promise.all([...running.values()].map((child) => child.stop()));
  };
  return { failed, stop };
}

/** A wrong setting: another start would end the same way. */
const isFinal = ({ code }: ChildExit, ended: string) =>
  code === EXIT.usage ? new ColaError("CONFIG_INVALID", ended) : undefined;

function startWorker(
  config: ColaConfig,
  kind: WorkerName,
  number: number,
  healthPort: number,
): Promise<RunningChild> {
  return startChild({
    name: `${kind} worker ${number}`,
    command: process.execPath,
    args: [resolve(PACKAGES, `${kind}-worker`, "dist", "main.js")],
    env: { ...process.env, ...configEnvironment(config), COLAML_HEALTH_PORT: String(healthPort) },
    logFile: resolve(stateFolder(config.paths.stateDir).logs, `${kind}-${number}.log`),
    maxLogBytes: config.logging.maxMb * MIB,
    stopTimeoutMs: config.worker.graceMs + STOP_MARGIN_MS,
  });
}
