import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startWorkers } from "@colaml/producer/local/embedded-workers";
import { freePort } from "@colaml/producer/local/free-port";
import { httpStatus, liveUrl } from "@colaml/producer/local/http-status";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const stateDir = mkdtempSync(join(tmpdir(), "colaml-workers-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

/** Of the worker that has this state folder. */
function pidOfWorker(): number | undefined {
  return readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .find((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, "utf8").includes(`=${stateDir}\0`);
        return isOurs && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("monitor-worker");
      } catch {
        return false;
      }
    });
}

it("a worker that hangs is ended and started again, and stops with the others", async () => {
  const port = await freePort();
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"]!,
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
      COLAML_QUEUE_PREFIX: `{workers-${process.pid}-${Date.now()}}`,
      COLAML_STATE_DIR: stateDir,
      COLAML_HEALTH_PORT: String(port),
    },
  });
  let said: string | undefined;
  const warn = (line: string) => {
    said ??= line;
  };
  const workers = await startWorkers(config, { monitor: 1 }, warn, 2_400);
  workers.failed.catch(() => undefined);
  try {
    while ((await httpStatus(liveUrl("127.0.0.1", port), 1_000)) === undefined) await delay(50);
    const hung = pidOfWorker()!;
    // It is watched from its first answer on: it may be frozen before the watch has asked.
    while (said === undefined) {
      process.kill(hung, "SIGSTOP");
      for (let i = 0; i < 100 && said === undefined; i++) await delay(100);
      if (said === undefined) process.kill(hung, "SIGCONT");
      await delay(100);
    }
    expect(said).toMatch(
      /^monitor worker 1 gave no answer for 2\.4 s and was ended: see .*monitor-1\.log; starting it again$/,
    );
    let next = pidOfWorker();
    for (; next === undefined || next === hung; next = pidOfWorker()) await delay(50);
  } finally {
    await workers.stop();
  }
  expect(pidOfWorker()).toBeUndefined();
});
