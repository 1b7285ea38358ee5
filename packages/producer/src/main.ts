import { ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { createLogger } from "@colaml/shared/logging/logger";
import { RELEASE } from "@colaml/shared/settings/installation";
import { loadConfig, settingWarnings } from "@colaml/shared/settings/load-config";
import { listen } from "./http/listen";
import { abortOnSignals } from "./local/interruption";

/** The producer's server as a service of its own, for containers: REDIS_URL and MLFLOW_TRACKING_URI are needed. */
async function main(): Promise<void> {
  const config = loadConfig();
  for (const [name, value] of [
    ["REDIS_URL", config.redis.url],
    ["MLFLOW_TRACKING_URI", config.mlflow.trackingUri],
  ]) {
    if (value === "")
      throw new ColaError(
        "CONFIG_INVALID",
        `${name} is not set: the server needs it (\`cola up\` starts servers itself)`,
      );
  }
  const logger = createLogger({ service: "producer", logging: config.logging });
  for (const line of settingWarnings()) logger.warn(line);
  const { signal } = abortOnSignals();
  const server = await listen(config, logger);
  logger.info("listening", { url: server.url, release: RELEASE });
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  logger.info("stopping");
  await server.close();
}

main().catch((error: unknown) => {
  const known = toColaError(error);
  process.stderr.write(`cola: ${known.message}\n`);
  process.exitCode = ERROR_TABLE[known.code].exit;
});
