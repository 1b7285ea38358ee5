import type { Logger } from "../logging/logger";
import type { ColaConfig } from "../settings/schema";
import { showDependencies } from "./dependency-metrics";
import { createGracefulStop, type GracefulStop, stopOnSignals } from "./graceful-stop";
import { type Check, createHealthChecks } from "./health-checks";
import { type HealthServer, type LiveCheck, startHealthServer } from "./health-server";
import { createWorkerMetrics, type WorkerMetrics } from "./worker-metrics";

/** What the workers of one process share: its end, its health and its metrics. */
export interface WorkerLifecycle {
  readonly graceful: GracefulStop;
  readonly metrics: WorkerMetrics;
  /** Absent when `worker.healthPort` is 0. */
  readonly health: HealthServer | undefined;
  /** A further condition of `/readyz`, shown as `colaml_<name>_up`; several of one name count together. */
  addReadyCheck(name: Dependency, check: Check): void;
  /** A further condition of `/livez`. */
  addLiveCheck(check: LiveCheck): void;
  stop(): Promise<void>;
}

/** What a worker needs beside itself. */
export type Dependency = "redis" | "mlflow";

export interface LifecycleOptions {
  service: string;
  config: ColaConfig;
  logger: Logger;
  /** Whether SIGTERM and SIGINT stop it and end the process; default true. */
  signals?: boolean;
}

/** @throws ColaError CONFIG_INVALID when the health port is taken */
export async function startLifecycle(options: LifecycleOptions): Promise<WorkerLifecycle> {
  const { config, logger } = options;
  const graceful = createGracefulStop(config.worker.graceMs, logger);
  const metrics = createWorkerMetrics(options.service);
  const checks: Record<string, Check> = {};
  const looks = createHealthChecks(checks);
  showDependencies(metrics.registry, looks);
  const liveChecks: LiveCheck[] = [];
  const { healthHost: host, healthPort: port } = config.worker;
  const { registry } = metrics;
  const { token, submitToken, readToken } = config.http;
  const tokens = [token, submitToken, readToken];
  const health =
    port > 0
      ? await startHealthServer({ host, port, health: looks, liveChecks, registry, tokens })
      : undefined;
  if (health) graceful.onStop("health server", () => health.close());
  if (options.signals !== false) stopOnSignals(graceful, config.worker.graceMs, logger);
  return {
    graceful,
    metrics,
    health,
    addReadyCheck(name, check) {
      const before = checks[name];
      checks[name] = before
        ? async (signal) => void (await Promise.all([before, check].map((one) => one(signal))))
        : check;
    },
    addLiveCheck: (check) => void liveChecks.push(check),
    stop: () => graceful.stop(),
  };
}
