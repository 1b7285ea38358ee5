import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import { openLastingQueues } from "@colaml/producer/submit/open-queues";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { promote } from "@colaml/shared/mlflow/champion";
import { publishModel } from "@colaml/shared/mlflow/publish-model";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import {
  clientFor,
  exampleBundle,
  exampleModel,
  exampleRun,
  SMALL_RUN,
  testServer,
  uniqueName,
} from "../../../shared/test/mlflow/example-publication";

export const PREFIX = `{scoring-${process.pid}}`;

/** A producer's server that listens, for requests as a client sends them. */
export interface ScoringServer {
  url: string;
  /** Lines of its log, as `level: message`. */
  log: string[];
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export async function startScoring(env: Record<string, string>): Promise<ScoringServer> {
  const folder = mkdtempSync(join(tmpdir(), "scoring-"));
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: testServer(),
      COLAML_REDIS_PREFIX: PREFIX,
      COLAML_STATE_DIR: join(folder, "state"),
      COLAML_SERVE_REFRESH_MS: "100",
      ...env,
    },
  });
  const log: string[] = [];
  const note = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
  const queues = openLastingQueues(config);
  const server = await createServer({
    config,
    queues,
    health: createHealthChecks(serviceChecks(config, queues)),
    dataDir: folder,
    log: { info: note("info"), warn: note("warn"), error: note("error") },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    url,
    log,
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    close: async () => {
      await server.close();
      await queues.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Publishes a bundle as the next version of a model, and makes it champion unless told not to. */
export async function publishBundle(
  name: string,
  bundle: ModelBundle = exampleBundle(),
  champion = true,
): Promise<string> {
  const client = clientFor(testServer());
  const model = {
    ...exampleModel(name, bundle),
    textColumn: bundle.columns.text,
    decides: bundle.decision !== undefined,
  };
  const { version } = await publishModel(client, exampleRun(uniqueName("e"), SMALL_RUN), model);
  if (champion) await promote(client, name, version.version, "a test");
  return version.version;
}
