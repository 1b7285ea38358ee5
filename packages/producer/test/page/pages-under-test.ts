import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { type CheckedDrift, CheckHistory } from "@colaml/shared/outputs/check-history";
import { addSchedule, pauseSchedule } from "@colaml/shared/queue/schedules";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";

export const TOKENS = { read: "token-read", submit: "token-submit", admin: "token-admin" } as const;
export const WITH_TOKENS = {
  COLAML_API_READ_TOKEN: TOKENS.read,
  COLAML_API_SUBMIT_TOKEN: TOKENS.submit,
  COLAML_API_TOKEN: TOKENS.admin,
};
/** Text of a customer or of an attacker that must never become a tag. */
export const SCRIPT = "<script>document.title = 'taken'</script>";

/** As a check of this release keeps it; the last one is of a later release. */
const DRIFT = [
  {
    statistic: "vocabulary",
    level: "alert",
    psi: 0.41231,
    psiExpected: 0.0123,
    psiThreshold: 0.0312,
    jensenShannon: 0.2211,
  },
  {
    statistic: "out_of_vocabulary",
    level: "none",
    psi: 0.0042,
    psiExpected: 0.004,
    psiThreshold: 0.0211,
    jensenShannon: 0.03,
  },
  {
    statistic: `weather ${SCRIPT}`,
    level: "none",
    psi: 0,
    psiExpected: 0,
    psiThreshold: 0.01,
    jensenShannon: 0,
  },
] as unknown as CheckedDrift[];

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export interface PagesUnderTest {
  url: string;
  server: Awaited<ReturnType<typeof createServer>>;
  queues: JobQueues;
  dataDir: string;
  stateDir: string;
  close(): Promise<void>;
}

/** The producer on a free port with empty queues and an empty state folder; without `env` it has no token. */
export async function openPages(name: string, env: Record<string, string> = {}): Promise<PagesUnderTest> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)));
  const [dataDir, stateDir] = [join(folder, "data"), join(folder, "state")];
  mkdirSync(dataDir);
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{${folder.split("/").at(-1)}}`,
      COLAML_STATE_DIR: stateDir,
      ...env,
    },
  });
  const queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  const server = await createServer({ config, queues, health, dataDir, log: quiet });
  await server.listen({ host: "127.0.0.1", port: 0 });
  return {
    url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    server,
    queues,
    dataDir,
    stateDir,
    async close() {
      await server.close();
      await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
      await queues.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Jobs that wait, run and failed, an incident, and checks of a model that got worse: words in them are markup. */
export async function fillPages({ queues, stateDir }: PagesUnderTest, model: string): Promise<void> {
  await queues.add(
    "predict",
    { v: 1, texts: [`secret of a customer ${SCRIPT}`], model: `models:/${model}@champion` },
    { jobId: "predict-texts" },
  );
  await queues.add("train", { dataset: { path: `/data/${SCRIPT}.csv` }, model }, { jobId: "train-waiting" });
  // other clients make ids of any length
  await queues.queue("labels").add("labels", { model }, { jobId: "x".repeat(2_000) });
  const failing = await queues
    .queue("monitor")
    .add("monitor", { model: `models:/${model}@champion` }, { jobId: "monitor-failed" });
  await failing.log(`read ${SCRIPT}`);
  const failedKey = queues.queue("monitor").toKey("failed");
  await queues.redis.lrem(queues.queue("monitor").toKey("wait"), 0, "monitor-failed");
  await queues.redis.zadd(failedKey, Date.now(), "monitor-failed");
  await queues.redis.hset(queues.queue("monitor").toKey("monitor-failed"), {
    failedReason: `LABELS_INVALID: no label ${SCRIPT}`,
    finishedOn: Date.now(),
    processedOn: Date.now() - 1_500,
  });
  await addSchedule(
    queues.queue("monitor"),
    { id: "hourly", every: "1h" },
    { model: `models:/${model}@champion`, input: { path: `/data/${SCRIPT}.csv` } },
  );
  await addSchedule(
    queues.queue("train"),
    { id: "nightly", cron: "0 3 * * *", timezone: "Europe/Madrid" },
    {},
  );
  await pauseSchedule(queues.queue("train"), "nightly");
  const store = new IncidentStore(stateDir, () => {});
  await store.record({
    v: 1,
    id: "quality-1",
    rule: "quality",
    severity: "critical",
    status: "firing",
    metric: "failed_checks",
    value: 2,
    comparison: ">",
    threshold: 0,
    model,
    modelVersion: "1",
    message: `quality fails ${SCRIPT}`,
    at: "2026-01-03T00:00:00.000Z",
  });
  const history = new CheckHistory(stateDir, () => {});
  for (const [day, accuracy] of [0.97, 0.95, 0.71].entries())
    await history.append(model, {
      id: `monitor-${day}`,
      at: new Date(Date.UTC(2026, 0, day + 1)).toISOString(),
      modelVersion: "1",
      rows: 1_000,
      n: 800,
      accuracy,
      interval: [accuracy - 0.02, accuracy + 0.02],
      estimated: 0.96,
      driftLevel: (["none", "warning", "alert"] as const)[day]!,
      ...(day === 2 && { drift: DRIFT }),
      verdict: day === 2 ? "fail" : "pass",
    });
}
