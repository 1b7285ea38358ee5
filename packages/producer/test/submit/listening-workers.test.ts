import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { queueOverview } from "@colaml/producer/submit/queue-overview";

const packages = resolve(__dirname, "../../..");
const { version } = JSON.parse(readFileSync(join(packages, "../package.json"), "utf8")) as {
  version: string;
};
const redis = { url: process.env["TEST_REDIS_URL"]!, prefix: `{t-${randomUUID()}}`, cluster: false };
const folder = mkdtempSync(join(tmpdir(), "listening-"));
const children: ChildProcess[] = [];
let queues: JobQueues;

beforeAll(async () => {
  queues = await openJobQueues({ redis });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await queues.close();
  rmSync(folder, { recursive: true });
});

function startPredictor(): ChildProcess {
  const env = {
    ...process.env,
    REDIS_URL: redis.url,
    MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
    COLAML_REDIS_PREFIX: redis.prefix,
    COLAML_STATE_DIR: join(folder, "state"),
  };
  const main = join(packages, "predictor-worker/dist/main.js");
  const child = spawn(process.execPath, [main], { env, stdio: "ignore" });
  children.push(child);
  return child;
}

/** The processes that listen on a queue, once they are these; polled. */
async function listeners(queue: string, pids: readonly (number | undefined)[]) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { workers } = await queueOverview(queues, queue);
    if (JSON.stringify(workers.map(({ pid }) => pid).sort()) === JSON.stringify([...pids].sort()))
      return workers;
    if (Date.now() > deadline) throw new Error(`${queue}: ${JSON.stringify(workers)}, expected ${pids}`);
    await delay(50);
  }
}

it("names the host, process and release of every worker, until it stops, is killed or is frozen", async () => {
  const [stopped, killed] = [startPredictor(), startPredictor()];
  const both = [stopped.pid, killed.pid];
  const workers = await listeners("predict", both);
  await listeners("predict-chunk", both);
  expect(new Set(workers.map(({ host, release }) => `${host} ${release}`))).toEqual(
    new Set([`${hostname()} ${version}`]),
  );
  expect(await queueOverview(queues, "predict")).toMatchObject({ otherWorkers: 0 });
  killed.kill("SIGSTOP");
  await listeners("predict", [stopped.pid]);
  killed.kill("SIGCONT");
  await listeners("predict", both);
  killed.kill("SIGKILL");
  await listeners("predict-chunk", [stopped.pid]);
  stopped.kill("SIGTERM");
  await listeners("predict", []);
  expect(await queues.redis.smembers(`${redis.prefix}:workers:predict`)).toHaveLength(1);
});
