// What the benchmark runs against each other: each is `{ name, pids, score(input, output) -> seconds }`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const { Queue } = createRequire(join(root, "packages/shared/package.json"))("bullmq");

/** The Python original in a process that stays. */
export async function startPython(python, trainingFile) {
  const child = spawn(python, [join(here, "original.py"), trainingFile], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value);
  await answer();
  return {
    name: "Python original",
    pids: { python: child.pid },
    async score(input, output) {
      child.stdin.write(`${input}\t${output}\n`);
      return (await answer()).seconds;
    },
    stop: () => child.stdin.end(),
  };
}

function startWorker(servers, stateDir, kind, env, log) {
  const child = spawn(process.execPath, [join(root, `packages/${kind}-worker/dist/main.js`)], {
    env: {
      PATH: process.env.PATH,
      REDIS_URL: servers.redisUrl,
      MLFLOW_TRACKING_URI: servers.mlflowUri,
      COLAML_STATE_DIR: stateDir,
      COLAML_LOG_FILE: "",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stderr.pipe(log, { end: false });
  return new Promise((ready, failed) => {
    child.stdout.on("data", (data) => data.toString().includes("ready") && ready(child));
    child.stderr.on("data", (data) => data.toString().includes("ready") && ready(child));
    child.once("exit", (code) => failed(new Error(`${kind} worker ended with ${code}`)));
  });
}

async function resultOf(queue, id) {
  for (;;) {
    const job = await queue.getJob(id);
    if (job?.finishedOn && job.failedReason) throw new Error(job.failedReason);
    if (job?.finishedOn) return job.returnvalue;
    await new Promise((resolve_) => setTimeout(resolve_, 20));
  }
}

/** Trains the model that ours score with; the trainer is ended again. */
export async function trainModel(servers, stateDir, trainingFile, log) {
  const trainer = await startWorker(servers, stateDir, "trainer", {}, log);
  const queue = new Queue("train", { prefix: "{colaml}", connection: { url: servers.redisUrl } });
  const { trainJobSchema } = await import("@colaml/shared/contracts/train");
  await queue.add("train", trainJobSchema.parse({ dataset: { path: trainingFile } }), {
    jobId: "bench-train",
  });
  await resultOf(queue, "bench-train");
  await queue.close();
  const ended = once(trainer, "exit");
  trainer.kill("SIGTERM");
  await ended;
}

/** No two jobs of a run have the same id: a second one would be taken for the first. */
let jobs = 0;

/** Coordinator and predictors as processes of their own on the servers' Redis. */
export async function startPredictors(servers, stateDir, redisPid, predictors, log) {
  const coordinator = await startWorker(
    servers,
    stateDir,
    "predictor",
    { COLAML_PREDICTOR_QUEUES: "predict" },
    log,
  );
  const workers = [];
  for (let i = 0; i < predictors; i++) {
    workers.push(
      await startWorker(servers, stateDir, "predictor", { COLAML_PREDICTOR_QUEUES: "predict-chunk" }, log),
    );
  }
  const queue = new Queue("predict", { prefix: "{colaml}", connection: { url: servers.redisUrl } });
  const { predictJobSchema } = await import("@colaml/shared/contracts/predict");
  const pids = { redis: redisPid, coordinator: coordinator.pid };
  for (const [i, worker] of workers.entries()) pids[`predictor ${i + 1}`] = worker.pid;
  return {
    pids,
    async score(input, output, transport) {
      const id = `bench-${predictors}-${process.pid}-${jobs++}`;
      const payload = predictJobSchema.parse({ input: { path: input }, output, force: true, transport });
      const started = performance.now();
      await queue.add("predict", payload, { jobId: id });
      await resultOf(queue, id);
      return (performance.now() - started) / 1000;
    },
    /** Stands still while another contestant runs: its polling costs next to nothing, but not nothing. */
    async stop() {
      for (const child of [coordinator, ...workers]) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      }
      await queue.close();
    },
  };
}

/** No queue: one process that reads, scores and writes; the limit that the queue is measured by. */
export async function startInProcess(stateDir, servers) {
  const child = spawn(process.execPath, [join(here, "in-process.mjs"), stateDir, servers.mlflowUri], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse((await lines.next()).value);
  await answer();
  return {
    name: "ours, in process, no queue",
    pids: { process: child.pid },
    async score(input, output) {
      child.stdin.write(`${input}\t${output}\n`);
      return (await answer()).seconds;
    },
    stop: () => child.stdin.end(),
  };
}

/** Whether two outputs are the same bytes. */
export async function sameBytes(a, b) {
  const [x, y] = [createReadStream(a), createReadStream(b)];
  const hash = async (stream) => {
    const { createHash } = await import("node:crypto");
    const sum = createHash("sha256");
    for await (const piece of stream) sum.update(piece);
    return sum.digest("hex");
  };
  return (await hash(x)) === (await hash(y));
}

export function discard(path) {
  for (const suffix of ["", ".receipt.json", ".rejected.csv"]) rmSync(`${path}${suffix}`, { force: true });
}
