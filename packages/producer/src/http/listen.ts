import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { FORGET_EVERY_MS, forgetPrivate } from "@colaml/shared/queue/retention";
import { closeTracing, startTracing } from "@colaml/shared/queue/tracing";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import type { JobQueues } from "../submit/job-queues";
import { openLastingQueues } from "../submit/open-queues";
import { serviceChecks } from "./health-checks";
import { createServer } from "./server";
import type { ServiceLog } from "./service";

/** A request in hand when we stop gets this long. */
const CLOSE_TIMEOUT_MS = 5_000;

export interface ListeningServer {
  /** Where it listens, e.g. `http://127.0.0.1:7077`. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts the producer's server on the Redis and MLflow that `config` names.
 * @throws ColaError CONFIG_INVALID for a bind beyond loopback without a token, or a port that is taken
 */
export async function listen(config: ColaConfig, log: ServiceLog): Promise<ListeningServer> {
  const tracing = await startTracing("producer");
  const dataDir = await dataFolderOf(config);
  const queues = openLastingQueues(config);
  const service = {
    config,
    queues,
    health: createHealthChecks(serviceChecks(config, queues)),
    dataDir,
    log,
  };
  try {
    const server = await createServer(service);
    await server.listen({ host: config.http.host, port: config.http.port });
    const { port } = server.server.address() as AddressInfo;
    const host = config.http.host.includes(":") ? `[${config.http.host}]` : config.http.host;
    const forgetting = forgetTexts(queues, log);
    const close = async () => {
      clearInterval(forgetting);
      await Promise.race([server.close(), delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      await queues.close();
      if (tracing) await closeTracing(tracing);
    };
    return { url: `http://${host}:${port}`, close };
  } catch (error) {
    await queues.close();
    throw bindError(error, config);
  }
}

/** Folder of the API if `COLAML_DATA_DIR` names none: never the one that the server was started in, with all that lies there. */
const DEFAULT_DATA_DIR = "data";

/** @returns the data folder, which is there */
async function dataFolderOf({ paths }: ColaConfig): Promise<string> {
  const folder = resolve(paths.dataDir === "" ? DEFAULT_DATA_DIR : paths.dataDir);
  await makeFolder(folder);
  return folder;
}

/** Predictors forget the texts of jobs that ended; the server does it, too, as the last predictor may have gone. */
function forgetTexts(queues: JobQueues, log: ServiceLog): NodeJS.Timeout {
  let isBusy = false;
  const forget = async () => {
    if (isBusy || queues.redis.status !== "ready") return;
    isBusy = true;
    const queue = queues.queue("predict-texts");
    const place = { queue, connection: queues.redis, prefix: queues.settings.prefix };
    await forgetPrivate({ ...place, kept: "private" }).catch((error: unknown) =>
      log.warn(`texts of ended jobs were not removed, it is tried again: ${messageOf(error)}`),
    );
    isBusy = false;
  };
  return setInterval(() => void forget(), FORGET_EVERY_MS).unref();
}

function bindError(error: unknown, { http }: ColaConfig): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new ColaError(
      "CONFIG_INVALID",
      `port ${http.port} of ${http.host} is taken: set COLAML_PORT (--port) to another, or to 0 for any free one`,
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new ColaError("CONFIG_INVALID", `cannot listen on ${http.host}:${http.port}: ${messageOf(error)}`);
  }
  return error;
}
