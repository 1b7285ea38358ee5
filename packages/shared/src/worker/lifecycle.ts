import type { Logger } from "../logging/logger";
import type { ColaConfig } from "../settings/schema";
import { createGracefulStop, type GracefulStop, stopOnSignals } from "./graceful-stop";
import { type HealthServer, type LiveCheck, type ReadyCheck, startHealthServer } from "./health-server";
import { createWorkerMetrics, type WorkerMetrics } from "./worker-metrics";

/** What the workers of one process share: its end, its health and its metrics. */
export interface WorkerLifecycle {
  readonly graceful: GracefulStop;
  readonly metrics: WorkerMetrics;
  /** Absent when `worker.healthPort` is 0. */
  readonly health: HealthServer | undefined;
  /** A further condition of `/readyz`. */
  addReadyCheck(check: ReadyCheck): void;
  /** A further condition of `/livez`. */
  addLiveCheck(check: LiveCheck): void;
  stop(): Promise<void>;
}

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
  const checks: ReadyCheck[] = [];
  const liveChecks: LiveCheck[] = [];
  const health =
    config.worker.healthPort > 0
      ? await startHealthServer({
          port: config.worker.healthPort,
          checks,
          liveChecks,
          registry: metrics.registry,
        })
      : undefined;
  if (health) graceful.onStop("health server", () => health.close());
  if (options.signals !== false) stopOnSignals(graceful, config.worker.graceMs, logger);
  return {
    graceful,
    metrics,
    health,
    addReadyCheck: (check) => void checks.push(check),
    addLiveCheck: (check) => void liveChecks.push(check),
    stop: () => graceful.stop(),
  };
}
