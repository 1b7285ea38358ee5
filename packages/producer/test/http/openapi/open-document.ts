import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { openApiDocument } from "@colaml/producer/http/openapi/document";
import { createServer } from "@colaml/producer/http/server";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

export type OpenApi = ReturnType<typeof openApiDocument>;

/** The document of a server as `cola up` makes it, and the server, which does not listen. */
export async function openDocument() {
  const dataDir = mkdtempSync(join(tmpdir(), "document-"));
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{document-${process.pid}}`,
      COLAML_STATE_DIR: join(dataDir, "state"),
    },
  });
  const queues = await openJobQueues(config);
  const health = { look: async () => ({}) };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const server = await createServer({ config, queues, health, dataDir, log } as never);
  const answer = await server.inject({ url: "/docs/openapi.json", headers: { host: "127.0.0.1" } });
  return {
    server,
    document: answer.json<OpenApi>(),
    close: async () => {
      await server.close();
      await queues.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
