import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { freePort } from "@colaml/producer/local/free-port";
import {
  addJob,
  checkRedis,
  closeRedis,
  connectRedis,
  type OpenQueue,
  openQueue,
  type RedisConnection,
} from "@colaml/shared/queue/connection";
import { type PrivateRedis, startPrivateRedis } from "../../../../test/private-redis";

/**
 * A worker as it ships, but for its processor: it works in ticks for `ms` milliseconds, listens to its signal unless
 * told to be `deaf`, and says on stderr what it does. Told to, it kills its process or holds its event loop for `ms`.
 */
const PROGRAM = `
const { runWorkerProcess } = require("@colaml/shared/worker/worker-process");
const { runWorker } = require(${JSON.stringify(require.resolve("@colaml/shared/worker/run-worker"))});
const { z } = require("zod");
const schema = z.strictObject({ v: z.literal(1).default(1), ms: z.number(), deaf: z.boolean().default(false), bad: z.string().optional() });
async function processor({ ms, deaf, bad }, { jobId, signal, deaths, progressed }) {
  console.error("begin " + jobId + " deaths " + deaths);
  if (bad === "progressed" && deaths === 2) await progressed();
  if (bad === "kill" || (bad === "progressed" && deaths < 3)) process.kill(process.pid, "SIGKILL");
  for (const end = performance.now() + ms; bad === "hold" && performance.now() < end; );
  if (bad) return process.pid;
  // Counted, not timed: the clock goes on while a process is frozen.
  for (let left = ms; left > 0; left -= 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!deaf) signal.throwIfAborted();
  }
  console.error("end " + jobId);
  return process.pid;
}
void runWorkerProcess("test-worker", async (context) => {
  await runWorker({ queue: { name: process.argv[1], schema, atATime: 2 }, processor, ...context });
});
`;

interface Program {
  child: ChildProcess;
  output: () => string;
  says(text: string | RegExp): Promise<void>;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const prefix = `{t-${randomUUID()}}`;
const programs: Program[] = [];
let redis: PrivateRedis;
let connection: RedisConnection;
let queue: OpenQueue<{ ms: number; deaf?: boolean; bad?: string }, number>;

beforeEach(async () => {
  redis = await startPrivateRedis();
  connection = connectRedis({ url: redis.url, prefix, cluster: false });
  queue = openQueue(`q-${randomUUID()}`, { connection, redis: { url: redis.url, prefix, cluster: false } });
});
afterEach(async () => {
  for (const { child } of programs) {
    child.kill("SIGCONT");
    child.kill("SIGKILL");
  }
  await Promise.all(programs.splice(0).map(({ ended }) => ended));
  await queue.close();
  closeRedis(connection);
  await redis.stop();
});

function startWorker(env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, ["-e", PROGRAM, queue.queue.name], {
    // Where Node finds what the program requires.
    cwd: resolve(__dirname, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      REDIS_URL: redis.url,
      COLAML_REDIS_PREFIX: prefix,
      COLAML_LOCK_MS: "3000",
      COLAML_STALLED_MS: "1000",
      COLAML_GRACE_MS: "4000",
      COLAML_LOG_FILE: "",
      COLAML_LOG_FORMAT: "json",
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream!.on("data", (text) => (output += String(text)));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((settle) =>
    child.once("close", (code, signal) => settle({ code, signal })),
  );
  const silence = (text: string | RegExp) => `no ${text} in:\n${output}`;
  const says = (text: string | RegExp) =>
    until(
      async () => {
        if (output.search(text) >= 0) return true;
        if (child.exitCode !== null) throw new Error(silence(text));
        return false;
      },
      () => silence(text),
    );
  const program = { child, output: () => output, says, ended };
  programs.push(program);
  return program;
}

async function until(condition: () => Promise<boolean>, what: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(what());
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function completed(jobId: string) {
  await until(
    async () => (await (await queue.queue.getJob(jobId))?.isCompleted()) === true,
    () => `job ${jobId} did not complete`,
  );
  return (await queue.queue.getJob(jobId))!;
}

/** Starts a worker whenever one has ended, until the test is over. */
function keepUp(env: NodeJS.ProcessEnv): { stop(): void } {
  let isOver = false;
  const start = () => {
    if (!isOver) void startWorker(env).ended.then(start);
  };
  start();
  return {
    stop() {
      isOver = true;
    },
  };
}

async function failed(jobId: string): Promise<string> {
  await until(
    async () => (await (await queue.queue.getJob(jobId))?.isFailed()) === true,
    () => `job ${jobId} did not fail: ${programs.map(({ output }) => output()).join("\n")}`,
  );
  return (await queue.queue.getJob(jobId))!.failedReason!;
}

const begun = (jobId: string) =>
  programs.reduce((sum, program) => sum + count(program.output(), `begin ${jobId}`), 0);
const FAST = { COLAML_LOCK_MS: "1000", COLAML_STALLED_MS: "500" };

const count = (text: string, part: string) => text.split(part).length - 1;

describe("a worker process", () => {
  it("finishes a short job at SIGTERM and exits 0", async () => {
    const worker = startWorker();
    await addJob(queue, "j", { ms: 500 }, { jobId: "short" });
    await worker.says("begin short");
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect((await completed("short")).stalledCounter).toBe(0);
  });

  it.each([false, true])("hands a long job to another worker at SIGTERM (deaf: %s)", async (deaf) => {
    const worker = startWorker({ COLAML_GRACE_MS: "1000" });
    await addJob(queue, "j", { ms: 2_000, deaf }, { jobId: "long" });
    await worker.says("begin long");
    worker.child.kill("SIGTERM");
    expect(await worker.ended).toEqual({ code: 0, signal: null });
    const second = startWorker();
    const job = await completed("long");
    expect(job.returnvalue).toBe(second.child.pid);
    expect([job.stalledCounter, job.attemptsMade]).toEqual([0, 1]);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends at once at a second %s, and its job is taken up again", async (signal, code) => {
    const worker = startWorker();
    await addJob(queue, "j", { ms: 3_000, deaf: true }, { jobId: "cut" });
    await worker.says("begin cut");
    worker.child.kill(signal);
    await worker.says("finishing or handing back");
    await new Promise((resolve) => setTimeout(resolve, 600));
    worker.child.kill(signal);
    expect((await worker.ended).code).toBe(code);
    startWorker();
    expect((await completed("cut")).stalledCounter).toBe(1);
  });

  it("that is killed loses no job, twice in a row", async () => {
    await addJob(queue, "j", { ms: 1_000 }, { jobId: "kept" });
    for (let kills = 0; kills < 2; kills++) {
      const worker = startWorker();
      await worker.says("begin kept");
      worker.child.kill("SIGKILL");
      await worker.ended;
    }
    const last = startWorker();
    const job = await completed("kept");
    expect([job.returnvalue, job.stalledCounter]).toEqual([last.child.pid, 2]);
    expect(count(last.output(), "a worker was lost")).toBe(1);
  });

  it("that was frozen stops when another one has its job", async () => {
    const frozen = startWorker();
    await addJob(queue, "j", { ms: 6_000 }, { jobId: "cold" });
    await frozen.says("begin cold");
    frozen.child.kill("SIGSTOP");
    const other = startWorker();
    await other.says("begin cold");
    frozen.child.kill("SIGCONT");
    await frozen.says("lock lost");
    const job = await completed("cold");
    expect(job.returnvalue).toBe(other.child.pid);
    expect(frozen.output()).not.toContain("end cold");
    expect(count(frozen.output(), "lock lost, stopping here")).toBe(1);
  });

  it("that a job kills is followed by two more, not by a fourth; a retry begins anew", async () => {
    await addJob(queue, "j", { ms: 1, bad: "kill" }, { jobId: "deadly" });
    const workers = keepUp(FAST);
    const message = /^JOB_FAILED: q-\S+ job deadly ended 3 workers .* `cola jobs retry deadly` tries again$/;
    expect(await failed("deadly")).toMatch(message);
    expect(begun("deadly")).toBe(3);
    await (await queue.queue.getJob("deadly"))!.retry("failed");
    await until(
      async () => begun("deadly") === 4,
      () => "the job was not begun again",
    );
    workers.stop();
  }, 120_000);

  it("that a scheduled job kills is followed by two more as well, although BullMQ counts no stalls there", async () => {
    const times = { every: 3_600_000 };
    await queue.queue.upsertJobScheduler("nightly", times, { name: "j", data: { ms: 1, bad: "kill" } });
    const workers = keepUp(FAST);
    const [job] = await queue.queue.getJobs(["waiting", "active", "delayed"]);
    expect(await failed(job!.id!)).toMatch(/ended 3 workers/);
    expect(begun(job!.id!)).toBe(3);
    workers.stop();
  }, 120_000);

  it("whose event loop a job holds until its lock runs out counts as lost, although it lives on", async () => {
    await addJob(queue, "j", { ms: 6_000, bad: "hold" }, { jobId: "holding" });
    for (let i = 0; i < 4; i++) startWorker(FAST);
    expect(await failed("holding")).toMatch(/ended 3 workers/);
    expect(begun("holding")).toBe(3);
  }, 120_000);

  it("that dies is not counted once the job has made progress", async () => {
    await addJob(queue, "j", { ms: 1, bad: "progressed" }, { jobId: "slow" });
    const workers = keepUp(FAST);
    // Deaths 0, 1, 2: progress, and then 1, 2: progress again, for ever, unless it is stopped here.
    await until(
      async () => begun("slow") >= 5,
      () => "the job was given up",
    );
    workers.stop();
    const seen = programs.flatMap(({ output }) => [...output().matchAll(/begin slow deaths (\d)/g)]);
    expect(seen.slice(0, 5).map(([, deaths]) => Number(deaths))).toEqual([0, 1, 2, 1, 2]);
  }, 120_000);

  it("waits for a Redis that is not up yet, with one line", async () => {
    await redis.kill();
    const worker = startWorker();
    await worker.says("is not reachable");
    await redis.restart();
    await addJob(queue, "j", { ms: 1 }, { jobId: "patient" });
    await completed("patient");
    expect(count(worker.output(), "is not reachable")).toBe(1);
  });

  it("resumes after Redis was killed and came back; /readyz says so meanwhile, /livez does not care", async () => {
    const port = await freePort();
    const worker = startWorker({ COLAML_HEALTH_PORT: String(port) });
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    await addJob(queue, "j", { ms: 1 }, { jobId: "before" });
    await completed("before");
    expect([await status("/readyz"), await status("/livez")]).toEqual([200, 200]);
    await redis.kill();
    await until(
      async () => (await status("/readyz")) === 503,
      () => "/readyz never said 503",
    );
    expect(await status("/livez")).toBe(200);
    await redis.restart();
    await addJob(queue, "j", { ms: 1 }, { jobId: "after" });
    await completed("after");
    await until(
      async () => (await status("/readyz")) === 200,
      () => "/readyz never said 200 again",
    );
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/colaml_jobs_total\{queue="[^"]+",outcome="completed",service="test-worker"\} 2/);
    expect(await status("/")).toBe(404);
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
  });

  it("keeps its log short while Redis cannot store anything", async () => {
    const worker = startWorker();
    await worker.says('"ready"');
    await connection.call("CONFIG", "SET", "maxmemory", "1");
    await connection.lpush(`${prefix}:noise`, "x").catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await connection.call("CONFIG", "SET", "maxmemory", "0");
    await addJob(queue, "j", { ms: 1 }, { jobId: "roomy" });
    await completed("roomy");
    expect(worker.output().split("\n").length).toBeLessThan(10);
  });

  it("that starts while Redis is full waits for room, with one line", async () => {
    await connection.lpush(`${prefix}:noise`, "x");
    await connection.call("CONFIG", "SET", "maxmemory", "1");
    const worker = startWorker();
    await worker.says("is out of memory");
    await connection.call("CONFIG", "SET", "maxmemory", "0");
    await addJob(queue, "j", { ms: 1 }, { jobId: "after-room" });
    await completed("after-room");
    expect(count(worker.output(), "is out of memory")).toBe(1);
    expect(worker.child.exitCode).toBeNull();
  });

  it("gives up with exit code 2 when Redis refuses it, naming the reason and not the password", async () => {
    await checkRedis(connection, { url: redis.url, prefix, cluster: false });
    await connection.call(
      "ACL",
      "SETUSER",
      "weak",
      "on",
      ">canary-secret",
      "~*",
      "+@read",
      "+@connection",
      "+info",
    );
    const refused = [
      [`redis://weak:canary-secret@127.0.0.1:${redis.port}`, /NOPERM/],
      [`redis://weak:other-canary@127.0.0.1:${redis.port}`, /WRONGPASS/],
    ] as const;
    for (const [url, reason] of refused) {
      const worker = startWorker({ REDIS_URL: url });
      expect((await worker.ended).code).toBe(2);
      expect(worker.output()).toMatch(reason);
      expect(worker.output()).not.toContain("canary");
    }
  });

  it("names a variable that is not a setting, and starts", async () => {
    const worker = startWorker({ COLAML_CONCURENCY: "2" });
    await worker.says('"ready"');
    expect(worker.output()).toContain("COLAML_CONCURENCY is not a setting: did you mean COLAML_CONCURRENCY?");
  });

  it("says what is wrong with its settings before anything else", async () => {
    const worker = startWorker({ COLAML_CONCURRENCY: "many" });
    expect((await worker.ended).code).toBe(2);
    expect(worker.output()).toMatch(/^test-worker: COLAML_CONCURRENCY is "many": allowed is .*\n$/);
  });
});
