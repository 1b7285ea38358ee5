import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type EmbeddedServers, startServers } from "@colaml/producer/local/servers";

const repoRoot = resolve(__dirname, "..");

/** What `globalTeardown` must end; both run in jest's own process. */
export interface StartedForTests {
  servers: EmbeddedServers;
  stateDir: string;
}

declare global {
  var colamlTestServers: StartedForTests | undefined;
}

/**
 * One Redis and one MLflow for the whole run, by address in TEST_REDIS_URL and TEST_MLFLOW_URI. Those that are set
 * already are used as they are; COLAML_TEST_SERVERS=0 starts none, for tests that need none.
 */
export default async function globalSetup(): Promise<void> {
  process.env["COLAML_PYTHON"] ??= join(repoRoot, ".colaml/python/bin/python");
  process.env["COLAML_PYTHON_TEST"] ??= join(repoRoot, ".colaml/python-test/bin/python");
  // Tests say where they log; none writes into the working folder by default.
  process.env["COLAML_LOG_FILE"] ??= "";
  const { TEST_REDIS_URL, TEST_MLFLOW_URI, COLAML_TEST_SERVERS } = process.env;
  if (COLAML_TEST_SERVERS === "0" || (TEST_REDIS_URL && TEST_MLFLOW_URI)) return;
  const stateDir = await mkdtemp(join(tmpdir(), "colaml-test-"));
  const servers = await startServers({
    stateDir,
    pythonDir: resolve(process.env["COLAML_PYTHON"], "../.."),
    redis: !TEST_REDIS_URL,
    mlflow: !TEST_MLFLOW_URI,
  });
  globalThis.colamlTestServers = { servers, stateDir };
  process.env["TEST_REDIS_URL"] = TEST_REDIS_URL || servers.redisUrl;
  process.env["TEST_MLFLOW_URI"] = TEST_MLFLOW_URI || servers.mlflowUri;
  stopOnSignal(globalThis.colamlTestServers);
}

export async function stopTestServers(started: StartedForTests): Promise<void> {
  await started.servers.stop();
  rmSync(started.stateDir, { recursive: true, force: true });
}

/** Jest runs no teardown when it is interrupted. */
function stopOnSignal(started: StartedForTests): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => void stopTestServers(started).finally(() => process.exit(code)));
  }
}
