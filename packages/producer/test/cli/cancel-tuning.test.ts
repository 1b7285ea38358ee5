import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { checkedPayload } from "@colaml/producer/submit/payloads";
import { submitJob } from "@colaml/producer/submit/submit-job";
import { waitForJob } from "@colaml/producer/submit/wait-for-job";
import { tuneJobSchema } from "@colaml/shared/contracts/tune";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { type RunningCola, runCola, startCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-cancel-"));
const env = {
  COLAML_STATE_DIR: join(folder, "state"),
  COLAML_REDIS_PREFIX: `{cancel-${process.pid}}`,
  COLAML_MODEL: `cancel_${process.pid}`,
  MLFLOW_EXPERIMENT_NAME: `cancel-${process.pid}`,
  COLAML_PORT: "0",
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
};
const tweets = join(folder, "tweets.csv");
/** Trials that would take minutes each. */
const LONG = ["--trials", "8", "--iterations", "10000", "--max-features", "5000", "--depth", "10"];
let up: RunningCola;
let config: ColaConfig;
let queues: JobQueues;

beforeAll(async () => {
  await writeSyntheticTweets(tweets, 3_000, 7);
  config = resolveConfig({ env });
  queues = await openJobQueues(config);
  up = startCola(["up", "--predictors", "1"], env, folder);
  await up.said(/ColaML is up/);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  await queues.close();
  rmSync(folder, { recursive: true, force: true });
});

const counts = () => queues.queue("train").getJobCounts("active", "waiting", "delayed");
async function untilATrialRuns(): Promise<void> {
  while ((await counts())["active"] === 0) await delay(50);
}
/** Waits for the end of a tuning job, and of what its trials still had in hand. */
async function endOf(id: string) {
  const view = await waitForJob(queues, id);
  while ((await counts())["active"]! > 0) await delay(50);
  return view;
}
const trialStates = async (id: string) => {
  const trials = await Promise.all(
    Array.from({ length: 8 }, (_, n) => queues.find(`train/${id}-trial-${n}`)),
  );
  return Promise.all(trials.flatMap((found) => (found ? [queues.view(`train/${found.job.id}`)] : [])));
};

test("cancelling a tuning job withdraws its waiting trials and ends those that run", async () => {
  // A space without boosters: all of its trials are on the queue at once.
  const payload = checkedPayload(tuneJobSchema, {
    dataset: { path: tweets },
    trials: 8,
    space: { learning_rate: { min: 0.01, max: 0.1 } },
    features: { max_features: 5_000 },
    boosting: { iterations: 10_000, depth: 10 },
  });
  const { id } = await submitJob(queues, { queue: "tune", payload });
  await untilATrialRuns();
  const { stdout } = await runCola(["jobs", "cancel", id, "--json"], env, folder);
  const { trials, cancelled } = JSON.parse(stdout) as {
    cancelled: string;
    trials: { withdrawn: number; ending: number };
  };
  expect(cancelled).toBe("requested");
  expect(trials.withdrawn + trials.ending).toBe(8);
  expect(trials.ending).toBeGreaterThan(0);
  expect(await endOf(id)).toMatchObject({ status: "failed", error: { error_code: "JOB_CANCELLED" } });
  expect(await counts()).toMatchObject({ active: 0, waiting: 0, delayed: 0 });
  const left = await trialStates(id);
  expect(left).toHaveLength(trials.ending);
  for (const trial of left) expect(trial.error?.error_code).toBe("JOB_CANCELLED");
});

test("Ctrl-C of a tuning cancels it with its trials, and says so", async () => {
  const tune = startCola(["tune", tweets, ...LONG], env, folder);
  const id = (await tune.said(/job tune-\w+/)).slice("job ".length);
  await untilATrialRuns();
  tune.child.kill("SIGINT");
  const { code, stderr } = await tune.finished;
  expect(code).toBe(130);
  expect(stderr).toMatch(/waiting trials are off their queue, \d running ones are being ended/);
  expect(await endOf(id)).toMatchObject({ status: "failed", error: { error_code: "JOB_CANCELLED" } });
  expect(await counts()).toMatchObject({ active: 0, waiting: 0, delayed: 0 });
});

test("a cancellation over HTTP ends the trials, too", async () => {
  const health = createHealthChecks(serviceChecks(config, queues));
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const server = await createServer({ config, queues, health, dataDir: folder, log: quiet });
  try {
    const started = await runCola(["tune", tweets, ...LONG, "--detach", "--json"], env, folder);
    const { id } = JSON.parse(started.stdout) as { id: string };
    await untilATrialRuns();
    const headers = { host: "127.0.0.1" };
    const answer = await server.inject({ method: "POST", url: `/jobs/${id}/cancel`, headers });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      202,
      { trials: { withdrawn: expect.any(Number) } },
    ]);
    expect(await endOf(id)).toMatchObject({ status: "failed" });
    expect(await counts()).toMatchObject({ active: 0, waiting: 0 });
  } finally {
    await server.close();
  }
});
