import { type ColaError, toColaError } from "../errors/cola-error";
import { ERROR_TABLE, EXIT } from "../errors/error-table";
import { createLogger, type Logger } from "../logging/logger";
import { closeTracing, startTracing } from "../queue/tracing";
import { RELEASE } from "../settings/installation";
import { loadConfig, settingWarnings } from "../settings/load-config";
import type { ColaConfig } from "../settings/schema";
import { startLifecycle, type WorkerLifecycle } from "./lifecycle";

/** Tells settings, which the operator must mend before a restart can help, from anything else. */
const exitCodeOf = ({ code }: ColaError) =>
  ERROR_TABLE[code].mender === "settings" ? EXIT.usage : EXIT.failed;

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
 *   await runWorker({ queue: CATALOGUE.train, processor: createTrainProcessor({ mlflow }), config, logger, lifecycle });
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
    const tracing = await startTracing(service);
    if (tracing) lifecycle.graceful.onStop("traces", () => closeTracing(tracing));
    try {
      await start({ config, logger, lifecycle });
      logger.info("ready", { release: RELEASE });
    } catch (error) {
      if (lifecycle.graceful.stopping.aborted) return;
      const known = toColaError(error);
      logger.error(known.message, { code: known.code });
      process.exit(exitCodeOf(known));
    }
  } catch (error) {
    const known = toColaError(error);
    process.stderr.write(`${service}: ${known.message}\n`);
    process.exit(exitCodeOf(known));
  }
}
