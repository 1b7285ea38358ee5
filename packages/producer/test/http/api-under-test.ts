import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { Service } from "@colaml/producer/http/service";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { watchAnswers } from "./documented-answers";

export const TOKENS = { read: "token-read", submit: "token-submit", admin: "token-admin" } as const;
export type Role = keyof typeof TOKENS;

const TOKEN_SETTINGS = {
  COLAML_API_READ_TOKEN: TOKENS.read,
  COLAML_API_SUBMIT_TOKEN: TOKENS.submit,
  COLAML_API_TOKEN: TOKENS.admin,
};

export interface ApiUnderTest {
  url: string;
  server: Awaited<ReturnType<typeof createServer>>;
  queues: JobQueues;
  /** Lines that the server logged, by level. */
  logged: { level: string; message: string; fields: unknown }[];
  /** `fetch` of a path with a role's token; JSON unless `body` is bytes or a stream. */
  call(method: string, path: string, role?: Role, init?: RequestInit): Promise<Response>;
  /** Fails if an answer was not in the OpenAPI document. */
  close(): Promise<void>;
}

export interface ApiFolders {
  folder: string;
  dataDir: string;
  stateDir: string;
}

/** A temporary folder with a data and a state folder in it. */
export function apiFolders(name: string): ApiFolders {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  const [dataDir, stateDir] = [join(folder, "data"), join(folder, "state")];
  mkdirSync(dataDir);
  return { folder, dataDir, stateDir };
}

/** The API on a free port, on the Redis and MLflow of the tests, with a token per role; queues are emptied at the end. */
export async function openApi(
  { folder, dataDir, stateDir }: ApiFolders,
  env: Record<string, string> = {},
  more: Partial<Service> = {},
): Promise<ApiUnderTest> {
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{${folder.split("/").at(-1)}}`,
      COLAML_STATE_DIR: stateDir,
      ...TOKEN_SETTINGS,
      ...env,
    },
  });
  const queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  const logged: ApiUnderTest["logged"] = [];
  const at = (level: string) => (message: string, fields?: unknown) => {
    logged.push({ level, message, fields });
  };
  const log = { info: at("info"), warn: at("warn"), error: at("error") } as unknown as Service["log"];
  const server = await createServer({ config, queues, health, dataDir, log, ...more });
  const checkAnswers = watchAnswers(server, TOKENS.admin);
  await server.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    queues,
    logged,
    call: (method, path, role, init = {}) =>
      fetch(`${url}${path}`, {
        method,
        ...init,
        headers: {
          ...(role ? { authorization: `Bearer ${TOKENS[role]}` } : {}),
          ...(typeof init.body === "string" ? { "content-type": "application/json" } : {}),
          ...(init.headers as Record<string, string>),
        },
      }),
    close: async () => {
      const check = checkAnswers();
      await check.catch(() => undefined);
      await server.close();
      await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
      await queues.close();
      rmSync(folder, { recursive: true, force: true });
      await check;
    },
  };
}
