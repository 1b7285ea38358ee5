import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { verifyReceipt } from "@colaml/shared/contracts/receipt";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { resolveModel } from "@colaml/shared/mlflow/load-model";
import { type MlflowProxy, openMlflowProxy } from "../../../../test/mlflow-proxy";
import { leftovers, openPredictorBench, oracle, type PredictorBench } from "../predictor-bench";
import { mlflowOfTests, publishBundle, tweetBundle } from "../tweet-model";

let bench: PredictorBench;
let mlflow: MlflowProxy;
let model: string;
let input: string;

beforeAll(async () => {
  model = await publishBundle(tweetBundle());
}, 60_000);
beforeEach(async () => {
  bench = await openPredictorBench();
  mlflow = await openMlflowProxy();
  input = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(input, 6_000, 11);
}, 60_000);
afterEach(async () => {
  await bench.close();
  await mlflow.close();
});

const start = (env: Record<string, string> = {}) =>
  bench.start({
    env: { COLAML_CHUNK_BYTES: "16384", COLAML_WINDOW: "4", MLFLOW_TRACKING_URI: mlflow.uri, ...env },
  });

async function until(condition: () => boolean) {
  for (const deadline = Date.now() + 30_000; !condition(); await delay(5)) {
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${bench.logs().slice(-2000)}`);
  }
}

/** Ends without a result, and without a trace beside the output. */
async function expectRefused(jobId: string, reason: RegExp) {
  await expect(bench.result(jobId)).rejects.toThrow(reason);
  expect((await bench.queue("predict").getJob(jobId))!.attemptsMade).toBe(1);
  const left = await leftovers(bench, []);
  expect({ ...left, files: left.files.filter((name) => /out/.test(name)) }).toEqual({ jobs: 0, files: [] });
}

describe("MLflow that goes away", () => {
  it("in mid-batch is not missed, neither by the batch nor by a worker that starts then nor by the next job", async () => {
    await mlflowOfTests().registry.setAlias(model, "champion", "1");
    const output = join(bench.folder, "out.csv");
    const first = await start();
    const uri = `models:/${model}@champion`;
    const job = await bench.submit({ model: uri, input: { path: input }, output });
    await until(() => existsSync(join(bench.folder, ".out.csv.colaml", "checkpoint.json")));
    mlflow.passes = () => false;
    first.kill("SIGKILL");
    // it knows the model only from the disk
    await start();
    expect((await bench.result(job)).modelVersion).toBe("1");
    expect(await readFile(output, "utf8")).toBe((await oracle(input, tweetBundle(), "1")).text);
    expect((await verifyReceipt(output)).problems).toEqual([]);
    const next = {
      model: `models:/${model}/1`,
      input: { path: input },
      output: join(bench.folder, "next.csv"),
    };
    expect((await bench.result(await bench.submit(next))).modelVersion).toBe("1");
  }, 60_000);

  it("before a batch begins fails the job after its attempts; the same request works once it is back", async () => {
    const output = join(bench.folder, "out.csv");
    mlflow.passes = () => false;
    await start();
    const request = { model: `models:/${model}/1`, input: { path: input }, output };
    const job = await bench.submit(request);
    await expect(bench.result(job)).rejects.toThrow(/^MLFLOW_UNREACHABLE: .*127\.0\.0\.1/);
    expect((await bench.queue("predict").getJob(job))!.attemptsMade).toBe(5);
    expect((await readdir(bench.folder)).filter((name) => /out/.test(name))).toEqual([]);
    mlflow.passes = () => true;
    await bench.result(await bench.submit(request));
    expect((await verifyReceipt(output)).problems).toEqual([]);
  }, 60_000);
});

it("a model whose files are not those that were registered is refused before the first row, and not retried", async () => {
  const client = mlflowOfTests();
  const name = await publishBundle(tweetBundle());
  const { source } = await resolveModel(client, `models:/${name}/1`);
  const { artifactUri } = await client.models.get(source.slice("models:/".length));
  const file = "data/model.xgb.json";
  const bytes = Buffer.from(await client.artifacts.download(artifactUri, file, 1 << 24));
  bytes[bytes.length >> 1]! ^= 1;
  await client.artifacts.upload(artifactUri, file, bytes);
  await start();
  const output = join(bench.folder, "out.csv");
  const job = await bench.submit({ model: `models:/${name}/1`, input: { path: input }, output });
  await expectRefused(job, /^MODEL_CORRUPT: .*sha256/);
}, 60_000);

it("a model with a token pattern that cannot be matched in linear time is refused before the first row", async () => {
  const bundle = tweetBundle();
  const features = { ...bundle.features, token_pattern: "(?=x)\\w+" };
  const name = await publishBundle({ ...bundle, features });
  await start();
  const output = join(bench.folder, "out.csv");
  const job = await bench.submit({ model: `models:/${name}/1`, input: { path: input }, output });
  await expectRefused(job, /^MODEL_CORRUPT: .*token_pattern .*look-ahead.*train it again/);
}, 60_000);

it("a model with a token pattern that backtracking engines hang on scores, a hostile text included", async () => {
  const bundle = tweetBundle();
  const features = { ...bundle.features, token_pattern: "(?:x+)+y|\\w*\\w*\\w*\\w*\\w*!|\\w+" };
  const name = await publishBundle({ ...bundle, features });
  await start();
  const texts = ["please help", "x".repeat(60), "x".repeat(20_000), "please help"];
  const { predictions } = await bench.result(await bench.submit({ model: `models:/${name}/1`, texts }));
  const plain = { ...bundle, features: { ...bundle.features, token_pattern: "\\w+" } };
  const expected = createClassifier(plain);
  const out = new Float64Array(expected.classes.length);
  const labels = texts.map((text) => expected.classes[expected.predict(text, out)]);
  expect(predictions!.map(({ label }) => label)).toEqual(labels);
}, 60_000);

it("a model trained with another text column names the columns that there are; with the right one, it scores", async () => {
  const bundle = tweetBundle();
  const name = await publishBundle({ ...bundle, columns: { ...bundle.columns, text: "body" } });
  await start();
  const request = {
    model: `models:/${name}/1`,
    input: { path: input },
    output: join(bench.folder, "out.csv"),
  };
  await expectRefused(
    await bench.submit(request),
    /^COLUMN_NOT_FOUND: .* has no column "body"; it has: .*text/,
  );
  await bench.result(await bench.submit({ ...request, columns: { text: "text" } }));
  expect(await readFile(request.output, "utf8")).toBe((await oracle(input, bundle, "1")).text);
}, 60_000);

describe("a compressed input that is not whole", () => {
  const whole = gzipSync(Buffer.from(`tweet_id,text\n${"1,please help\n".repeat(40_000)}`), { level: 1 });
  const cases: [string, () => Buffer, RegExp][] = [
    [
      "is cut off",
      () => whole.subarray(0, -200),
      /^INPUT_UNREADABLE: .*in\.csv\.gz is not whole gzip.*near byte \d+/,
    ],
    [
      "has rubbish behind it",
      () => Buffer.concat([whole, Buffer.alloc(500, 7)]),
      /^INPUT_UNREADABLE: .*byte \d+/,
    ],
    ["is not gzip", () => Buffer.from("tweet_id,text\n1,please\n"), /^INPUT_UNREADABLE: .*in\.csv\.gz/],
    [
      "is a bomb",
      () =>
        gzipSync(
          Buffer.concat([
            Buffer.from("tweet_id,text\n"),
            Buffer.alloc(80 << 20, `1,${"x".repeat(10_000)}\n`),
          ]),
        ),
      /^INPUT_TOO_LARGE: .*at most 200/,
    ],
  ];

  it("fails its job with the file's name and the place, and leaves nothing", async () => {
    await start({ COLAML_CHUNK_BYTES: "1048576" });
    for (const [what, bytes, reason] of cases) {
      const path = join(bench.folder, "in.csv.gz");
      await writeFile(path, bytes());
      const output = join(bench.folder, "out.csv");
      const job = await bench.submit({ model: `models:/${model}/1`, input: { path }, output });
      await expectRefused(job, reason).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
    }
  }, 60_000);
});

describe("a job that was put straight into Redis", () => {
  const hostile: [string, "predict" | "predict-chunk", object, RegExp][] = [
    ["of wrong types", "predict", { input: 7, output: [], model: {} }, /^JOB_INVALID: .*input/],
    ["without anything", "predict-chunk", {}, /^JOB_INVALID: .*batch/],
    [
      "with __proto__",
      "predict",
      JSON.parse('{"texts":["a"],"__proto__":{"x":1}}') as object,
      /^JOB_INVALID: /,
    ],
    ["of a newer release", "predict-chunk", { v: 2, anything: true }, /^JOB_INVALID: .*newer release/],
    ["that is huge", "predict", { texts: new Array(200_000).fill("a") }, /^JOB_INVALID: .*texts/],
    [
      "that would read what is not data",
      "predict",
      { input: { path: "/etc/passwd" }, output: "/etc/out.csv", model: "models:/m/1" },
      /^PATH_NOT_ALLOWED: /,
    ],
    [
      "that would write where no output belongs",
      "predict-chunk",
      {
        batch: "b1",
        index: 0,
        firstLine: 1,
        firstRow: 0,
        source: { kind: "file", path: "/etc/passwd", start: 0, end: 9, folder: "/etc" },
        plan: {
          input: { format: "csv", newline: 10, fields: 1, text: { name: "t", place: 0 } },
          output: { format: "csv", compression: "none", passThrough: [], explain: 0, spreadsheetSafe: false },
          model: { name: "m", version: "1", runId: "r", source: "s", manifestSha256: "0" },
        },
      },
      /^PATH_NOT_ALLOWED: /,
    ],
  ];

  it("fails at the door for good, and the worker takes the next one", async () => {
    const worker = await start({ COLAML_DATA_DIR: bench.folder });
    for (const [i, [what, queue, payload, reason]] of hostile.entries()) {
      const id = `hostile-${i}`;
      await bench.queue(queue).add("x", payload, { jobId: id, attempts: 3 });
      let job = await bench.queue(queue).getJob(id);
      for (const end = Date.now() + 60_000; !job?.finishedOn && Date.now() < end; await delay(20)) {
        job = await bench.queue(queue).getJob(id);
      }
      expect({ what, reason: job!.failedReason }).toEqual({ what, reason: expect.stringMatching(reason) });
      expect(job!.attemptsMade).toBe(1);
    }
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
    const result = await bench.result(await bench.submit({ model: `models:/${model}/1`, texts: ["help"] }));
    expect(result.rows).toBe(1);
    expect(worker.exitCode).toBeNull();
  }, 60_000);
});
