import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { type PredictJobInput, type PredictResult, predictJobSchema } from "@colaml/shared/contracts/predict";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";
import { type ConnectionOptions, Queue } from "bullmq";
import { parse } from "csv-parse";

const MAIN = resolve(__dirname, "../dist/main.js");
/** The predictor with ways to end it at a named moment or by a marked row. */
export const FRAGILE_MAIN = resolve(__dirname, "faults/fragile-predictor.js");

/** Real predictor processes on a queue of their own. */
export interface PredictorBench {
  folder: string;
  prefix: string;
  queue: (name: string) => Queue;
  children: ChildProcess[];
  /** Starts one more predictor; resolves when it is ready. */
  start(options?: { env?: Record<string, string>; main?: string }): Promise<ChildProcess>;
  submit(job: PredictJobInput, jobId?: string): Promise<string>;
  /** Waits for the end of a job. */
  result(jobId: string, timeoutMs?: number): Promise<PredictResult>;
  logs(): string;
  close(): Promise<void>;
}

export async function openPredictorBench(
  redisUrl = process.env["TEST_REDIS_URL"]!,
  cluster = false,
  sentinels = "",
): Promise<PredictorBench> {
  const folder = await mkdtemp(join(tmpdir(), "predictor-"));
  const prefix = `{t-${randomUUID()}}`;
  const queues = new Map<string, Queue>();
  const children: ChildProcess[] = [];
  let logs = "";
  const connection = connectRedis({ url: redisUrl, prefix, cluster, sentinels });
  connection.on("error", () => undefined);
  const queue = (name: string) => {
    const known = queues.get(name);
    if (known) return known;
    const opened = new Queue(name, { prefix, connection: connection as ConnectionOptions });
    opened.on("error", () => undefined);
    queues.set(name, opened);
    return opened;
  };
  const bench: PredictorBench = {
    folder,
    prefix,
    queue,
    children,
    async start({ env = {}, main = MAIN } = {}) {
      const child = spawn(process.execPath, [main], {
        env: {
          PATH: process.env["PATH"],
          REDIS_URL: redisUrl,
          MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
          COLAML_REDIS_PREFIX: prefix,
          COLAML_REDIS_CLUSTER: String(cluster),
          REDIS_SENTINELS: sentinels,
          COLAML_STATE_DIR: join(folder, "state"),
          COLAML_LOG_FILE: "",
          COLAML_LOCK_MS: "3000",
          COLAML_STALLED_MS: "1000",
          MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      children.push(child);
      await new Promise<void>((ready, failed) => {
        const listen = (data: Buffer) => {
          logs += data.toString();
          if (data.toString().includes("ready")) ready();
        };
        child.stdout!.on("data", listen);
        child.stderr!.on("data", listen);
        child.once("exit", (code) =>
          failed(new Error(`the predictor ended with ${code}: ${logs.slice(-1000)}`)),
        );
      });
      return child;
    },
    async submit(job, jobId = `predict-${randomUUID()}`) {
      const options = { jobId, attempts: 5, backoff: { type: "fixed", delay: 300 } };
      await queue("predict").add("predict", predictJobSchema.parse(job), options);
      return jobId;
    },
    async result(jobId, timeoutMs = 60_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const job = await queue("predict").getJob(jobId);
        if (job?.finishedOn && job.returnvalue) return job.returnvalue as PredictResult;
        if (job?.finishedOn && job.failedReason) throw new Error(job.failedReason);
        if (Date.now() > deadline)
          throw new Error(`not finished: ${await job?.getState()}\n${logs.slice(-3000)}`);
        await delay(50);
      }
    },
    logs: () => logs,
    async close() {
      for (const child of children) child.kill("SIGKILL");
      for (const open of queues.values()) await open.close();
      closeRedis(connection);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

/** Words as Python's `\w+` finds them in a lower-cased text, by a regular expression of their own. */
const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];

/** What one plain pass with csv-parse and the classifier says: the lines of the output, and the lines left out. */
export async function oracle(
  input: string,
  bundle: ModelBundle,
  version: string,
  skipRows = new Set<string>(),
) {
  const classifier = createClassifier(bundle);
  const out = new Float64Array(bundle.classes.length);
  const header = `id,label,${bundle.classes.map((name) => `probability_${name}`).join(",")},model_version`;
  const lines = [header];
  const terms = new Set(bundle.terms);
  let rejected = 0;
  let withoutKnownWords = 0;
  const file = createReadStream(input);
  const bytes = input.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  for await (const row of bytes.pipe(parse({ columns: true, relax_column_count: true }))) {
    const { text, tweet_id: id } = row as Record<string, string>;
    if (skipRows.has(id!) || text === undefined || text.trim() === "") {
      rejected++;
      continue;
    }
    if (!wordsOf(text).some((word) => terms.has(word))) withoutKnownWords++;
    const label = bundle.classes[classifier.predict(text, out)];
    lines.push([id, label, ...Array.from(out, (p) => p.toFixed(9)), version].join(","));
  }
  return { text: `${lines.join("\n")}\n`, rows: lines.length - 1, rejected, withoutKnownWords };
}

/** What a finished batch must not leave: jobs in flight, files beside the output. */
export async function leftovers(bench: PredictorBench, expectedFiles: readonly string[]) {
  const counts = await bench.queue("predict-chunk").getJobCounts();
  const files = (await readdir(bench.folder)).filter(
    (name) => name !== "state" && !expectedFiles.includes(name),
  );
  return { jobs: Object.values(counts).reduce((sum, count) => sum + count, 0), files };
}
