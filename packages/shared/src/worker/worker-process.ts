import { type ErrorCode, toColaError } from "../errors/cola-error";
import { createLogger, type Logger } from "../logging/logger";
import { loadConfig, settingWarnings } from "../settings/load-config";
import type { ColaConfig } from "../settings/schema";
import { startLifecycle, type WorkerLifecycle } from "./lifecycle";

/** What the operator must mend before a restart can help. */
const SETTINGS_CODES: ReadonlySet<ErrorCode> = new Set(["CONFIG_INVALID", "REDIS_REFUSED", "USAGE"]);

export interface WorkerProcess {
  config: ColaConfig;
  logger: Logger;
  lifecycle: WorkerLifecycle;
}

/**
 * The `main` of a worker: configuration of this process, logger, lifecycle with signals, then `start`, which opens
 * what the worker needs and runs its queues. A start that fails ends the process with one line on stderr: exit code 2
 * for settings, 1 for anything else.
 *
 * @example
 * void runWorkerProcess("trainer-worker", async ({ config, logger, lifecycle }) => {
 *   const mlflow = createMlflowClient(config.mlflow);
 *   await runWorker({ queue: "train", schema: trainJobSchema, processor: createTrainProcessor({ mlflow }), config, logger, lifecycle });
 * });
 */
export async function runWorkerProcess(
  service: string,
  start: (process: WorkerProcess) => Promise<void>,
): Promise<void> {
  try {
    const config = loadConfig();
    const logger = createLogger({ service, logging: config.logging });
    for (const line of settingWarnings()) logger.warn(line);
    const lifecycle = await startLifecycle({ service, config, logger });
    lifecycle.graceful.onStop("log file", () => logger.close());
    try {
      await start({ config, logger, lifecycle });
      logger.info("ready");
    } catch (error) {
      if (lifecycle.graceful.stopping.aborted) return;
      const { code, message } = toColaError(error);
      logger.error(message, { code });
      process.exit(SETTINGS_CODES.has(code) ? 2 : 1);
    }
  } catch (error) {
    const { code, message } = toColaError(error);
    process.stderr.write(`${service}: ${message}\n`);
    process.exit(SETTINGS_CODES.has(code) ? 2 : 1);
  }
}
