import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StackStatus } from "@colaml/producer/local/stack-status";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { noteWorker } from "@colaml/shared/queue/worker-roster";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type Finished, runCola } from "./cola-process";

const folder = mkdtempSync(join(tmpdir(), "cola-status-"));
const stateDir = join(folder, "state");
const prefix = `{status-${randomUUID()}}`;
const env = {
  COLAML_STATE_DIR: stateDir,
  COLAML_REDIS_PREFIX: prefix,
  REDIS_URL: process.env["TEST_REDIS_URL"]!,
  MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
  COLAML_PORT: "9",
};
let queues: JobQueues;
beforeAll(async () => {
  queues = await openJobQueues(resolveConfig({ env }));
});
afterAll(async () => {
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
  rmSync(folder, { recursive: true });
});

const cola = (args: readonly string[], more: Record<string, string> = {}) =>
  runCola(args, { ...env, ...more }, folder);
const jsonOf = <T>({ stdout }: Finished) => JSON.parse(stdout) as T;

describe("cola status", () => {
  it("shows servers, workers, queues, champions, checks and incidents, and exits 0 while nothing is down", async () => {
    const worker = { host: "ml-2", pid: 4711, release: "0.0.9", since: "2026-01-01T00:00:00.000Z" };
    // Written down for seconds only: again before each look.
    const note = async () => {
      for (const queue of ["predict", "predict-chunk"])
        await noteWorker(queues.redis, prefix, queue, { name: "w", worker });
    };
    const check = {
      id: "monitor-1",
      number: 1,
      at: "2026-01-02T03:04:05.000Z",
      modelVersion: "3",
      rows: 90,
      n: 80,
    };
    mkdirSync(join(stateDir, "monitor", "m"), { recursive: true });
    writeFileSync(
      join(stateDir, "monitor", "m", "history.ndjson"),
      `${JSON.stringify({ ...check, accuracy: 0.9125, driftLevel: "none", verdict: "PASS" })}\n`,
    );
    await note();
    const shown = await cola(["status"]);
    expect([shown.code, shown.stderr]).toEqual([0, ""]);
    for (const line of [
      /Redis +up +redis:/,
      /MLflow +up +http:/,
      /API +down +http:\/\/127.0.0.1:9/,
      /ml-2 process 4711 {2}release 0\.0\.9 \(this is \d+\.\d+\.\d+\) {2}predict, predict-chunk/,
      /m {2}PASS {2}version 3 {2}2026-01-02T03:04:05Z {2}accuracy 0\.9125 of 80 rows, drift none/,
      /open incidents\n {2}none/,
      /all is up$/m,
    ])
      expect(shown.stdout).toMatch(line);
    await note();
    const status = jsonOf<StackStatus>(await cola(["status", "--json"]));
    expect(status).toMatchObject({ ok: true, problems: [], workers: [{ host: "ml-2", pid: 4711 }] });
  });

  it("exits 1 if jobs wait where no worker listens", async () => {
    await queues.add("labels", {}, { jobId: "lonely" });
    const { code, stdout } = await cola(["status", "--json"]);
    expect([code, (JSON.parse(stdout) as StackStatus).problems]).toEqual([
      1,
      ["queue labels: 1 waiting and no worker listens: start a monitor worker, or `cola up`"],
    ]);
    await queues.queue("labels").drain();
  });

  it("exits 1 if Redis or MLflow is away or hangs, and shows the rest; no password is printed", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    try {
      for (const away of [
        { REDIS_URL: "redis://user:hunter2@127.0.0.1:9" },
        { REDIS_URL: `redis://user:hunter2@127.0.0.1:${port}` },
      ]) {
        const { code, stdout, stderr } = await cola(["status"], away);
        expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/Redis at \S+ is down: /)]);
        expect(stdout).toMatch(/MLflow +up[\s\S]*queues\n {2}not known: Redis is down/);
        expect(stdout + stderr).not.toContain("hunter2");
      }
      for (const away of ["http://user:hunter2@127.0.0.1:9", `http://user:hunter2@127.0.0.1:${port}`]) {
        const { code, stdout } = await cola(["status"], { MLFLOW_TRACKING_URI: away });
        expect([code, stdout]).toEqual([
          1,
          expect.stringMatching(/Redis +up[\s\S]*not known: MLflow is down/),
        ]);
        expect(stdout).not.toContain("hunter2");
      }
    } finally {
      silent.close();
    }
  });

  it("starts nothing if nothing runs", async () => {
    const bare = mkdtempSync(join(tmpdir(), "cola-bare-"));
    const { code, stdout } = await runCola(
      ["status", "--json"],
      { COLAML_STATE_DIR: join(bare, "state") },
      bare,
    );
    const { servers, problems } = JSON.parse(stdout) as StackStatus;
    expect([code, servers.redis.ok, servers.mlflow.ok, problems.length]).toEqual([1, false, false, 2]);
    expect(problems[0]).toMatch(/`cola up` does not run in this folder/);
    rmSync(bare, { recursive: true });
  });
});

describe("cola queues", () => {
  it("lists, pauses and resumes queues", async () => {
    expect((await cola(["queues", "pause", "predict"])).stdout).toBe("queue predict is paused\n");
    await queues.add("predict", {}, { jobId: "waits" });
    const { code, stdout } = await cola(["queues"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^predict +0 +1 +0 +0 +0 +0 {2}paused, no worker listens, the next has waited \d+ s$/m,
    );
    expect(stdout).toMatch(/^alerts +- +0/m);
    expect((await cola(["queues", "resume", "predict"])).stdout).toBe("queue predict is open\n");
    const unknown = await cola(["queues", "pause", "predicts", "--json"]);
    expect([unknown.code, jsonOf<{ error_code: string }>(unknown).error_code]).toEqual([1, "JOB_NOT_FOUND"]);
  });

  it("drains a queue only with --yes, and says what left and what stayed", async () => {
    await queues.add("labels", {}, { jobId: "idle" });
    await queues
      .queue("labels")
      .upsertJobScheduler("nightly", { every: 3_600_000, startDate: Date.now() + 60_000 });
    const asked = await cola(["queues", "drain", "labels"]);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringMatching(/1 waiting and 1 delayed .*--yes/)]);
    const done = await cola(["queues", "drain", "labels", "--yes"]);
    expect(done.stdout).toBe(
      "queue labels: 1 jobs taken off\n  kept 1: next jobs of schedules, `cola schedule remove ID` ends one\n",
    );
    await queues.queue("labels").removeJobScheduler("nightly");
    await queues.queue("predict").drain();
  });
});

describe("cola jobs", () => {
  it("lists what a filter wants, with what each job waits for", async () => {
    await queues.add("train", {}, { jobId: "train-1" });
    await queues.queue("labels").add("labels", {}, { jobId: "labels-1", delay: 3_600_000 });
    const listed = await cola(["jobs"]);
    expect(listed.stdout).toMatch(/^train-1 +waiting .*waiting: no worker listens on queue train/m);
    expect(listed.stdout).toMatch(/^labels-1 +delayed .*waiting: it is due at /m);
    const ids = async (...args: string[]) =>
      jsonOf<{ jobs: { id: string }[] }>(await cola(["jobs", "--json", ...args])).jobs.map(({ id }) => id);
    expect(await ids("--queue", "labels,tune")).toEqual(["labels-1"]);
    expect(await ids("--state", "waiting", "--since", "1h")).toEqual(["train-1"]);
    expect(await ids("--failed")).toEqual([]);
    const both = await cola(["jobs", "--failed", "--state", "waiting"]);
    expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/--failed is the same/)]);
    expect((await cola(["jobs", "--state", "odd"])).code).toBe(2);
    expect((await cola(["jobs", "show", "train-1"])).stdout).toMatch(/^ {2}waiting {3}no worker listens/m);
  });

  it("shows the log of a job, control characters escaped", async () => {
    const { job } = await queues.get("train-1");
    await job.log("2026-01-01T00:00:00.000Z info stage read");
    await job.log(`odd ${String.fromCharCode(27)}[31m line`);
    expect((await cola(["jobs", "logs", "train-1"])).stdout).toBe(
      "2026-01-01T00:00:00.000Z info stage read\nodd \\x1b[31m line\n",
    );
    expect((await cola(["jobs", "logs", "labels-1"])).stdout).toBe("nothing was written down yet\n");
    expect((await cola(["jobs", "logs", "train-404"])).code).toBe(1);
  });
});
