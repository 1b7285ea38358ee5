import { setTimeout as delay } from "node:timers/promises";
import type { PredictResult } from "@colaml/shared/contracts/predict";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { openPredictorBench, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

const bundle = tweetBundle();
const classifier = createClassifier(bundle);
let bench: PredictorBench;
let model: string;

beforeAll(async () => {
  model = await publishBundle(bundle);
}, 60_000);
beforeEach(async () => {
  bench = await openPredictorBench();
});
afterEach(() => bench.close());

const uri = () => `models:/${model}/1`;
const labelOf = (text: string) => {
  const out = new Float64Array(bundle.classes.length);
  return { label: bundle.classes[classifier.predict(text, out)], probability: out[1]! };
};

/** Waits for the results of jobs of a queue, in the order of their ids. */
async function results(queue: string, ids: readonly string[]): Promise<PredictResult[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const jobs = await Promise.all(ids.map((id) => bench.queue(queue).getJob(id)));
    if (jobs.every((job) => job?.finishedOn !== undefined)) {
      expect(jobs.flatMap((job) => job!.failedReason ?? [])).toEqual([]);
      return jobs.map((job) => job!.returnvalue as PredictResult);
    }
    if (Date.now() > deadline) throw new Error(`not all finished: ${bench.logs().slice(-2000)}`);
    await delay(50);
  }
}

describe("jobs of texts", () => {
  it("are scored as rows of files are, one by one or many that waited, without options of their client", async () => {
    const texts = Array.from({ length: 1_000 }, (_, i) => `please help my order ${i} is not working`);
    const jobs = texts.map((text, i) => ({
      name: "any",
      data: { texts: i % 2 === 0 ? [text] : [text, "hello"], model: uri() },
      opts: { jobId: `t-${i}` },
    }));
    await bench.queue("predict-texts").addBulk(jobs);
    await bench.start();
    const answers = await results(
      "predict-texts",
      texts.map((_, i) => `t-${i}`),
    );
    for (const [i, { predictions, rows, modelVersion }] of answers.entries()) {
      const expected = [texts[i]!, "hello"].slice(0, rows).map(labelOf);
      expect([rows, modelVersion]).toEqual([i % 2 === 0 ? 1 : 2, "1"]);
      expect(predictions!.map(({ label }) => label)).toEqual(expected.map(({ label }) => label));
      expect(predictions![0]!.probabilities[bundle.classes[1]!]).toBe(expected[0]!.probability);
    }
  });

  it("do not wait behind files: a process may be there for them only", async () => {
    await bench.submit({ input: { path: "/nowhere.csv" }, output: "/out.csv", model: uri() }, "file-1");
    await bench.start({ env: { COLAML_PREDICTOR_QUEUES: "predict-texts" } });
    await bench
      .queue("predict-texts")
      .add("t", { texts: ["hello"], model: uri(), explain: 1 }, { jobId: "t-1" });
    const [answer] = await results("predict-texts", ["t-1"]);
    expect(answer!.predictions![0]!.explanation).toHaveLength(2);
    expect(await bench.queue("predict").getJobState("file-1")).toBe("waiting");
  });

  it("of older producers, on the queue of files, are scored by whoever coordinates, who takes the new ones, too", async () => {
    await bench.start({ env: { COLAML_PREDICTOR_QUEUES: "predict" } });
    await bench.submit({ texts: ["hello", "my order"], model: uri() }, "old-1");
    await bench.queue("predict-texts").add("t", { texts: ["hello"], model: uri() }, { jobId: "new-1" });
    const [old] = await results("predict", ["old-1"]);
    const [fresh] = await results("predict-texts", ["new-1"]);
    expect(old!.predictions!.map(({ label }) => label)).toEqual([
      labelOf("hello").label,
      labelOf("my order").label,
    ]);
    expect(fresh!.predictions![0]).toEqual(old!.predictions![0]);
  });

  it("that cannot be scored fail with the reason, and the others are scored", async () => {
    await bench.start();
    const queue = bench.queue("predict-texts");
    await queue.add("t", { texts: ["hello"], model: `models:/${model}@nobody` }, { jobId: "no-model" });
    await queue.add("t", { texts: [], model: uri() }, { jobId: "no-text" });
    await queue.add("t", { texts: ["hello"], model: uri(), output: "/x" }, { jobId: "a-file" });
    await queue.add("t", { texts: ["hello"], model: uri() }, { jobId: "fine" });
    await results("predict-texts", ["fine"]);
    for (const [id, reason] of [
      ["no-model", /^MODEL_NOT_FOUND: /],
      ["no-text", /^JOB_INVALID: .*texts/],
      ["a-file", /^JOB_INVALID: .*output/],
    ] as const) {
      for (const deadline = Date.now() + 30_000; (await queue.getJobState(id)) !== "failed"; await delay(50))
        if (Date.now() > deadline) throw new Error(bench.logs().slice(-2000));
      expect((await queue.getJob(id))!.failedReason).toMatch(reason);
    }
  });
});
