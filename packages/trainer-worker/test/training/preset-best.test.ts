import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import { bundleToFiles } from "@colaml/shared/learning/model/bundle-files";
import { choicesOf } from "@colaml/trainer-worker/publication/choices";
import { runParams } from "@colaml/trainer-worker/publication/run-contents";
import { trainModel } from "@colaml/trainer-worker/training/training";
import { itWithRealData, realDataPath } from "../../../shared/test/real-data";

/** The class stands in the ending of a word that no other row has: a hundred words know nothing of it. */
const ENDINGS = ["ando", "endo", "iendo", "ación", "ciones"];
const rowOf = (i: number) => {
  const stem = (i * 7919).toString(36).replace(/\d/g, "q");
  return `Ahora ${stem}${ENDINGS[i % ENDINGS.length]},${i % ENDINGS.length < 3}`;
};
/** Two classes of Chinese, which has no spaces: what is praised and what is not. */
const chinese = (i: number) =>
  `${["送餐", "菜", "今天", "服务", "味道"][i % 5]}${["很", "特别", "真的"][i % 3]}${i % 2 ? "好吃满意" : "难吃失望"}${i % 7},${i % 2 === 1}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "preset-best-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(name: string, row: (i: number) => string, rows = 600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `text,inbound\n${Array.from({ length: rows }, (_, i) => row(i)).join("\n")}\n`);
  return path;
}

function train(path: string, more: object, maxMemoryMb = 500) {
  const job = trainJobSchema.parse({ dataset: { path }, ...more });
  const hooks = { progress: () => undefined, signal: new AbortController().signal, maxMemoryMb };
  return trainModel(job, hooks).then((trained) => ({ job, trained }));
}

describe("the preset best", () => {
  it("chooses penalty and rounds on the validation rows, and says so", async () => {
    const { job, trained } = await train(await fileOf("best.csv", rowOf), { preset: "best" });
    const { chosen, metrics, bundle, boosting } = trained;
    expect(metrics.test.accuracy_score).toBeGreaterThan(0.97);
    const { tried } = chosen!;
    const least = Math.min(...tried.map(({ error }) => error));
    const equals = tried.filter(({ error }) => error === least);
    const first = equals.reduce((a, b) => (b.logLoss < a.logLoss ? b : a));
    expect(chosen).toMatchObject({ reg_lambda: first.reg_lambda, iterations: first.iterations });
    expect(1 - metrics.validation.accuracy_score!).toBeCloseTo(least, 12);
    expect(metrics.validation.log_loss).toBeCloseTo(first.logLoss, 5);
    expect(bundle.ensemble).toMatchObject({ rounds: first.iterations });
    expect(boosting.iterations).toBe(first.iterations);
    const params = runParams(job, chosen);
    expect(params.get("preset")).toBe("best");
    expect(params.get("reg_lambda")).toBe(String(first.reg_lambda));
    expect(choicesOf(job, trained)).toMatchObject({
      preset: "best",
      presetSettings: { analyzer: ["word", "char_wb"], max_features: 20_000, booster: "gblinear" },
    });
  });

  it("tries every penalty if there are few validation rows, has more patience, and keeps no early round", async () => {
    const { trained } = await train(await fileOf("few.csv", rowOf), { preset: "best" });
    expect(trained.plan.rows.validation).toBe(126);
    const perRow = trained.chosen!.tried.map(({ reg_lambda }) => reg_lambda * trained.plan.rows.train);
    expect(perRow.map((penalty) => Number(penalty.toPrecision(3)))).toEqual([
      0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003,
    ]);
    for (const { iterations } of trained.chosen!.tried) expect(iterations).toBeGreaterThanOrEqual(6);
    const { iterations, history } = trained.boosting;
    expect(history).toHaveLength(Math.min(20, iterations + 5));
  });

  it("keeps to the rounds and the patience that the job gives", async () => {
    const { trained } = await train(await fileOf("own-rounds.csv", rowOf), {
      preset: "best",
      boosting: { iterations: 4 },
    });
    expect(trained.chosen!.tried.map(({ iterations }) => iterations)).toEqual([4, 4, 4, 4, 4, 4, 4]);
  });

  it("lists a setting that the job gave itself no more as its own", async () => {
    const { job, trained } = await train(await fileOf("own.csv", rowOf), {
      preset: "best",
      features: { max_features: 300 },
      boosting: { reg_lambda: 0.0001 },
    });
    const { presetSettings, chosen } = choicesOf(job, trained);
    expect(chosen).toBeUndefined();
    expect(presetSettings).not.toHaveProperty("max_features");
    expect(presetSettings).not.toHaveProperty("reg_lambda");
    expect(presetSettings).toMatchObject({ char_max_features: 50_000 });
  });

  it("learns a language without spaces", async () => {
    const { trained } = await train(await fileOf("chinese.csv", chinese), { preset: "best" });
    expect(trained.metrics.test.accuracy_score).toBe(1);
  });

  it("takes a seeded sample of rows, and says so, if the features of all would not fit", async () => {
    const path = await fileOf("large.csv", (i) => `${"palabra ".repeat(3)}${rowOf(i)}`, 3_000);
    const once = await train(path, { preset: "best" }, 1);
    const again = await train(path, { preset: "best" }, 1);
    const { sampled } = choicesOf(once.job, once.trained);
    expect(sampled).toMatchObject({ of: 3_000 });
    expect(sampled!.rows).toBeLessThan(2_000);
    expect(once.trained.notes.join()).toContain(`${sampled!.rows} of 3000 rows were taken, a seeded sample`);
    expect(again.trained.plan.partOf).toEqual(once.trained.plan.partOf);
  });

  // scikit-learn's best linear model of the same features: 0.978 (LinearSVC, C chosen on validation rows).
  itWithRealData("has at least 0.97 on real tweets", async () => {
    const { trained } = await train(realDataPath!, { preset: "best" }, 2048);
    expect(trained.metrics.test.accuracy_score).toBeGreaterThanOrEqual(0.97);
  });
});

describe("a training with the preset seed", () => {
  const bytes = (trained: Awaited<ReturnType<typeof train>>["trained"]) =>
    [...bundleToFiles(trained.bundle)].map(([name, content]) => [
      name,
      Buffer.from(content).toString("base64"),
    ]);

  it("says what best would give if that is more than two points, and is the same model all the same", async () => {
    const path = await fileOf("seed.csv", rowOf);
    const on = await train(path, {});
    const off = await train(path, { preset_hint: "off" });
    expect(off.trained.bestPreset).toBeUndefined();
    const { validationAccuracy, trainedAccuracy, rows } = on.trained.bestPreset!;
    expect(validationAccuracy - trainedAccuracy).toBeGreaterThan(0.02);
    // Every validation row was taken: the accuracy is the model's own.
    expect(rows.validation).toBe(on.trained.plan.rows.validation);
    expect(trainedAccuracy).toBeCloseTo(on.trained.metrics.validation.accuracy_score!, 12);
    expect(bytes(on.trained)).toEqual(bytes(off.trained));
    expect(choicesOf(on.job, on.trained)).toEqual({ bestPreset: on.trained.bestPreset });
  });

  it("says nothing if there is nothing to gain, and tries nothing in a trial", async () => {
    const easy = await fileOf("easy.csv", (i) => `${i % 2 ? "thanks" : "refund"} now,${i % 2 === 1}`);
    expect((await train(easy, {})).trained.bestPreset).toBeUndefined();
    const trial = { parentRunId: "a", number: 0 };
    const hard = await fileOf("trial.csv", rowOf);
    expect((await train(hard, { trial })).trained.bestPreset).toBeUndefined();
  });
});
