import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { createCheckPublisher } from "@colaml/shared/mlflow/check-publisher";
import { createPublishProcessor } from "@colaml/trainer-worker/publish/processor";
import { train } from "@colaml/trainer-worker/train/processor";
import { type MlflowProxy, openMlflowProxy } from "../../../../test/mlflow-proxy";
import { openTrainingBench, type TrainingBench } from "../training-bench";

let proxy: MlflowProxy;
let bench: TrainingBench;
let tweets: string;
beforeAll(async () => {
  proxy = await openMlflowProxy();
});
afterAll(() => proxy.close());
beforeEach(async () => {
  bench = await openTrainingBench(proxy.uri);
  tweets = join(bench.folder, "tweets.csv");
  await writeSyntheticTweets(tweets, 300, 3);
});
afterEach(async () => {
  proxy.passes = () => true;
  proxy.answers = () => undefined;
  proxy.loses = () => false;
  await bench.close();
});

const page = "<html><body>sign in</body></html>";
const trainHere = (jobId = "refused") =>
  train(bench.job({ boosting: { iterations: 5 } }, tweets), bench.context(jobId), bench.dependencies);

function openPublish() {
  const checks = createCheckPublisher(bench.mlflow, bench.folder, bench.logger);
  const publish = createPublishProcessor({ ...bench.dependencies, checks });
  const context = { signal: new AbortController().signal } as Parameters<typeof publish>[1];
  return (job: { retry_refused?: boolean } = {}) => publish({ v: 1, ...job }, context);
}

const runsOf = async () => {
  const experiment = (await bench.mlflow.experiments.find(bench.experiment))!;
  return bench.mlflow.runs.search([experiment], "");
};

describe("a refusal that a person can mend", () => {
  it.each([
    [401, "no rights", /401.*MLFLOW_TRACKING_USERNAME/],
    [403, "no rights", /403.*--allowed-hosts/],
    [404, page, /404: HTML instead of JSON/],
    [413, page, /413: HTML instead of JSON/],
    [302, "", /302.*MLFLOW_TRACKING_URI/],
  ])(
    "%i of an upload keeps the training waiting, and nothing is lost or there twice",
    async (status, body, reason) => {
      proxy.answers = (method) => (method === "PUT" ? { status, body, type: "text/html" } : undefined);
      const result = await trainHere();
      expect(result).toMatchObject({ promoted: false, verdict: expect.stringMatching(reason) });
      const publish = openPublish();
      await expect(publish()).rejects.toMatchObject({
        code: "MLFLOW_FAILED",
        message: expect.stringMatching(reason),
      });
      proxy.answers = () => undefined;
      expect((await publish()).published).toEqual([
        expect.objectContaining({ modelVersion: "1", promoted: true }),
      ]);
      expect((await runsOf()).map((run) => run.status)).toEqual(["FINISHED"]);
      expect(await readdir(bench.spool.folder)).toEqual(["results"]);
    },
  );

  it.each([
    ["a page", "/registered-models/create", page, /200 with HTML instead of JSON/],
    [
      "JSON of another kind",
      "/model-versions/create",
      "{}",
      /200 with an answer of another kind: model_version:/,
    ],
    [
      "JSON of another kind",
      "/model-versions/search",
      "[]",
      /200 with an answer of another kind: not an object:/,
    ],
  ])(
    "such as %s in place of the registry keeps only that training waiting",
    async (_, refused, body, reason) => {
      let refuses = true;
      proxy.answers = (_, path) => (refuses && path.endsWith(refused) ? { status: 200, body } : undefined);
      expect((await trainHere("first")).verdict).toMatch(reason);
      expect(await bench.spool.list()).toHaveLength(1);
      expect(await bench.spool.refused()).toEqual([]);
      refuses = false;
      const second = await trainHere("second");
      expect(second.modelVersion).toBe("2");
    },
  );
});

describe("a refusal that is MLflow's own", () => {
  it("sets the training aside with its reason, is listed ever after, and is tried again on request", async () => {
    const body = JSON.stringify({ error_code: "INVALID_PARAMETER_VALUE", message: "names are capital here" });
    proxy.answers = (_, path) =>
      path.endsWith("/registered-models/create") ? { status: 400, body } : undefined;
    await expect(trainHere()).rejects.toMatchObject({ code: "MLFLOW_FAILED" });
    const publish = openPublish();
    const refused = [
      {
        folder: expect.stringContaining("refused-"),
        reason: expect.stringContaining("names are capital here"),
      },
    ];
    expect(await publish()).toEqual({ published: [], checks: 0, refused });
    expect(await publish({ retry_refused: true })).toEqual({ published: [], checks: 0, refused });
    proxy.answers = () => undefined;
    expect(await publish({ retry_refused: true })).toMatchObject({
      published: [{ modelVersion: "1", promoted: true }],
      refused: [],
    });
    expect((await runsOf()).map((run) => run.status)).toEqual(["FINISHED"]);
  });
});

describe("a run whose creation was answered by nothing", () => {
  let lost: boolean;
  const losesFirst = () => {
    lost = false;
    proxy.loses = (_, path) => {
      const loses = !lost && path.endsWith("/runs/create");
      lost ||= loses;
      return loses;
    };
  };

  it("is found by its tag and used", async () => {
    losesFirst();
    expect(await trainHere()).toMatchObject({ modelVersion: "1" });
    expect((await runsOf()).map((run) => run.status)).toEqual(["FINISHED"]);
  });

  it("does not stay RUNNING if the training cannot begin because of it", async () => {
    losesFirst();
    let refuses = true;
    proxy.answers = (_, path) => {
      if (!refuses || !path.endsWith("/runs/search") || !lost) return undefined;
      refuses = false;
      return { status: 503, body: "" };
    };
    await expect(trainHere()).rejects.toMatchObject({ retryable: true });
    expect((await runsOf()).map((run) => run.status)).toEqual(["FAILED"]);
  });
});

describe("a state folder that takes nothing", () => {
  beforeEach(() => {
    const full = new ColaError(
      "OUTPUT_UNWRITABLE",
      `cannot write ${bench.spool.folder}: the disk is full (ENOSPC)`,
    );
    jest.spyOn(bench.spool, "put").mockRejectedValue(full);
  });

  it("does not lose a training: it goes to MLflow from memory", async () => {
    expect(await trainHere()).toMatchObject({ modelVersion: "1", promoted: true });
  });

  it("has its result noted once the disk has room: a job that is taken up again is not done twice", async () => {
    const full = new ColaError("OUTPUT_UNWRITABLE", "the disk is full (ENOSPC)");
    const noted = jest
      .spyOn(bench.spool, "noteResult")
      .mockRejectedValueOnce(full)
      .mockRejectedValueOnce(full);
    const first = await trainHere("again");
    while (noted.mock.calls.length < 3) await delay(20);
    await noted.mock.results[2]!.value;
    expect(await trainHere("again")).toMatchObject({ runId: first.runId, modelVersion: "1" });
    expect((await runsOf()).map(({ status }) => status)).toEqual(["FINISHED"]);
  });

  it("does not record a second attempt that overlapped with the first and came to its end behind it", async () => {
    const path = join(bench.folder, "tweets.csv");
    const job = bench.job({ boosting: { iterations: 5 } }, path);
    let first: Awaited<ReturnType<typeof trainHere>> | undefined;
    const context = bench.context("overlap");
    const { resultOf } = bench.spool;
    // The second looks for a result before the first has one; the first is published while the second is on its way.
    const looks = jest.spyOn(bench.spool, "resultOf");
    looks.mockImplementation(async (jobKey) => {
      if (first === undefined && looks.mock.calls.length === 2) {
        first = await train(job, bench.context("overlap"), bench.dependencies);
        return undefined;
      }
      return resultOf.call(bench.spool, jobKey);
    });
    const second = await train(job, context, bench.dependencies);
    expect(second.runId).toBe(first?.runId);
    expect((await runsOf()).map(({ status }) => status).sort()).toEqual(["FINISHED", "KILLED"]);
  });

  it("leaves one finished run if MLflow goes away behind the first one's end, and the training is done again", async () => {
    // The verdict comes last: run and version are there by then.
    proxy.answers = (method, path) =>
      method === "PUT" && path.includes("champion_verdict") ? { status: 503, body: "busy" } : undefined;
    await expect(trainHere("twice")).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    proxy.answers = () => undefined;
    expect(await trainHere("twice")).toMatchObject({ promoted: true });
    expect((await runsOf()).map(({ status }) => status).sort()).toEqual(["FAILED", "FINISHED"]);
  });

  it("fails it with the path if MLflow is away, too", async () => {
    const context = bench.context("away");
    const progress = async ({ stage }: { stage: string }) => {
      if (stage === "boost") proxy.passes = () => false;
    };
    await expect(
      train(bench.job({}, tweets), { ...context, progress }, bench.dependencies),
    ).rejects.toMatchObject({
      code: "OUTPUT_UNWRITABLE",
      message: expect.stringContaining(bench.spool.folder),
    });
  });
});
