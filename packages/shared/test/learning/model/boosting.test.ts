import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { boost, boostTrees } from "@colaml/shared/learning/model/boosting";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import { ensembleToXgboostJson } from "@colaml/shared/learning/model/ensemble-json";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import type { BoostInput } from "@colaml/shared/learning/model/training-input";
import { shareMatrix } from "@colaml/shared/learning/model/training-matrix";
import type { ThreadInput } from "@colaml/shared/learning/model/xgboost-thread";
import { boostInput, FIXTURES, modelFixture } from "./model-fixture";

/** A package that depends on shared, so that a child process finds it by name. */
const WORKER = join(__dirname, "../../../../trainer-worker");

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** Pseudo-random rows, of which one column in ten is present; the label follows the first two columns. */
function generated(nRows: number, nColumns: number): BoostInput {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const [indptr, indices, values, labels]: [number[], number[], number[], number[]] = [[0], [], [], []];
  for (let row = 0; row < nRows; row++) {
    let score = random();
    for (let column = 0; column < nColumns; column++) {
      if (random() > 0.1 + (column < 2 ? 0.3 : 0)) continue;
      indices.push(column);
      values.push(Math.fround(random()));
      if (column === 0) score += 0.8;
      if (column === 1) score -= 0.8;
    }
    indptr.push(indices.length);
    labels.push(score > 0.5 ? 1 : 0);
  }
  const settings = { ...modelFixture("binary").settings, iterations: 20 };
  return { matrix: { nRows, nColumns, indptr, indices, values }, labels, classes: ["no", "yes"], settings };
}

it("splits a feature at no more places than it has bins", async () => {
  const input = generated(2_000, 20);
  const placesWith = async (max_bin: number) => {
    const { ensemble, treeMethod } = await boostTrees({ ...input, settings: { ...input.settings, max_bin } });
    const places = new Map<number, Set<number>>();
    for (const { left, feature, value } of ensemble.trees) {
      left.forEach((child, node) => {
        if (child < 0) return;
        places.set(feature[node]!, (places.get(feature[node]!) ?? new Set()).add(value[node]!));
      });
    }
    return { treeMethod, most: Math.max(...[...places.values()].map(({ size }) => size)) };
  };
  const few = await placesWith(4);
  expect(few.treeMethod).toBe("hist");
  expect(few.most).toBeGreaterThan(1);
  expect(few.most).toBeLessThanOrEqual(4);
  // Among 200 values of a feature there are more places than that.
  expect((await placesWith(256)).most).toBeGreaterThan(4);
});

describe.each(FIXTURES)("boosting the %s rows", (name) => {
  const fixture = modelFixture(name);

  it("gives the same model to the last byte, every time", async () => {
    const { ensemble } = await boostTrees(boostInput(fixture));
    expect(ensembleToXgboostJson(ensemble)).toBe(fixture.model);
  });

  it("gives the predictions of the model that Python's XGBoost trains with these settings and weights", () => {
    // `predictions` are those of the model above: the test before holds ours to it.
    fixture.predictions.forEach((ours, row) => {
      const python = [fixture.ownPredictions[row]!].flat();
      [ours].flat().forEach((p, k) => {
        expect(Math.abs(p - python[k]!)).toBeLessThan(2e-6);
      });
    });
  });
});

it("reports each iteration's log loss and error on training and validation rows", async () => {
  const fixture = modelFixture("multiclass");
  const input = boostInput(fixture);
  const told: BoostIteration[] = [];
  const result = await boost({
    ...input,
    validation: { matrix: input.matrix, labels: input.labels },
    onIteration: (iteration) => told.push(iteration),
  });
  expect(told).toEqual(result.history);
  expect(told.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  const last = told.at(-1)!;
  expect(last.validation).toEqual(last.train);
  const probabilities = Float64Array.from((fixture.predictions as number[][]).flat());
  const metrics = classificationMetrics({ classes: input.classes, labels: input.labels, probabilities });
  expect(last.train.logLoss).toBeCloseTo(metrics.log_loss!, 5);
  expect(last.train.error).toBeCloseTo(1 - metrics.accuracy_score!, 9);
});

it("stops early on validation rows and keeps the trees up to the best iteration", async () => {
  const input = generated(400, 12);
  const flipped = Array.from(input.labels, (label, i) => (i % 3 === 0 ? 1 - label : label));
  const validation = { matrix: input.matrix, labels: flipped };
  const settings = { ...input.settings, iterations: 200, early_stopping_rounds: 5 };
  const stopped = await boostTrees({ ...input, validation, settings });
  const losses = stopped.history.map((step) => step.validation!.logLoss);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  expect(losses.length).toBe(best + 5);
  expect(losses.length).toBeLessThan(200);
  expect(stopped).toMatchObject({ bestIteration: best, iterations: best });
  expect(stopped.ensemble.trees.length).toBe(best);
});

it("weighs classes as if their rows stood there as often", async () => {
  const input = generated(300, 6);
  const { indptr, indices, values } = input.matrix;
  const rows = Array.from(input.labels).flatMap((label, row) => (label === 1 ? [row, row, row] : [row]));
  const doubled = { indptr: [0], indices: [] as number[], values: [] as number[] };
  for (const row of rows) {
    for (let i = indptr[row]!; i < indptr[row + 1]!; i++) {
      doubled.indices.push(indices[i]!);
      doubled.values.push(values[i]!);
    }
    doubled.indptr.push(doubled.indices.length);
  }
  const settings = { ...input.settings, iterations: 1, depth: 1 };
  const weighted = await boostTrees({ ...input, settings: { ...settings, class_weights: { yes: 3 } } });
  const repeated = await boostTrees({
    ...input,
    settings,
    matrix: { ...doubled, nRows: rows.length, nColumns: 6 },
    labels: rows.map((row) => input.labels[row]!),
  });
  const [a, b] = [weighted.ensemble.trees[0]!, repeated.ensemble.trees[0]!];
  expect(a.feature).toEqual(b.feature);
  Array.from(a.value).forEach((value, node) => {
    if (a.left[node] === -1) expect(value).toBeCloseTo(b.value[node]!, 4);
  });
});

describe("boosting refuses, before a thread starts,", () => {
  const input = generated(50, 4);
  const cases: [string, Partial<BoostInput>, string, RegExp][] = [
    [
      "a setting out of range",
      { settings: { ...input.settings, depth: 99 } },
      "PARAMETER_INVALID",
      /^depth = 99/,
    ],
    [
      "a weight of an unknown class",
      { settings: { ...input.settings, class_weights: { maybe: 2 } } },
      "PARAMETER_INVALID",
      /maybe = 2.*no, yes/,
    ],
    [
      "early stopping without validation rows",
      { settings: { ...input.settings, early_stopping_rounds: 3 } },
      "PARAMETER_INVALID",
      /early_stopping_rounds = 3/,
    ],
    ["rows of one class", { labels: new Uint8Array(50) }, "LABELS_INVALID", /label no$/],
    ["a class index there is not", { labels: new Uint8Array(50).fill(2) }, "LABELS_INVALID", /class 2 of 2/],
    [
      "no rows",
      { matrix: { nRows: 0, nColumns: 4, indptr: [0], indices: [], values: [] }, labels: [] },
      "TOO_FEW_ROWS",
      /no row/,
    ],
  ];
  it.each(cases)("%s", async (_, change, code, message) => {
    await expect(boost({ ...input, ...change })).rejects.toEqual(failure(code, message));
  });

  it("what the trainer's memory cannot hold, naming the rows that would fit", async () => {
    // Only lengths are looked at: the arrays are never read.
    const nRows = 30_000_000;
    const indptr = { length: nRows + 1, [nRows]: 8 * nRows };
    const matrix = { nRows, nColumns: 100, indptr, indices: [], values: [] };
    const error = await boost({ ...input, matrix, labels: [] }).catch((thrown) => thrown);
    expect(error).toEqual(failure("INPUT_TOO_LARGE", /30000000 rows x 100 features.*rows would fit/));
    expect(error.details.rowsThatFit).toBeGreaterThan(3_000_000);
  });
});

it("stops at once when it is cancelled", async () => {
  const input = generated(20_000, 30);
  const controller = new AbortController();
  const steps: number[] = [];
  const running = boost({
    ...input,
    settings: { ...input.settings, iterations: 10_000 },
    signal: controller.signal,
    onIteration: ({ number }) => {
      steps.push(number);
      if (number === 2) controller.abort();
    },
  });
  await expect(running).rejects.toEqual(failure("JOB_CANCELLED", /cancelled/));
  expect(steps.length).toBeLessThan(100);
});

it("fails with a clear reason when the thread runs out of memory, and the next training works", async () => {
  const input = generated(2_000, 30);
  const settings = { ...input.settings, iterations: 10 };
  await expect(boost({ ...input, settings, threadMemoryMb: 1 })).rejects.toEqual(
    failure("TRAINING_FAILED", /memory/),
  );
  expect((await boost({ ...input, settings })).iterations).toBe(10);
});

it("leaves the event loop free while it boosts", async () => {
  const input = generated(4_000, 60);
  let since = performance.eventLoopUtilization();
  await boost({
    ...input,
    settings: { ...input.settings, iterations: 60 },
    onIteration: ({ number }) => {
      if (number === 1) since = performance.eventLoopUtilization();
    },
  });
  // A training in this thread would be 1.
  expect(performance.eventLoopUtilization(since).utilization).toBeLessThan(0.5);
});

it("prints nothing: neither the module's noise nor a warning", () => {
  const script = `
    const { boost } = require("@colaml/shared/learning/model/boosting");
    boost(JSON.parse(process.argv[1])).then(({ iterations }) => console.log(iterations));`;
  const input = JSON.stringify(boostInput(modelFixture("binary")));
  const run = spawnSync(process.execPath, ["-e", script, input], { encoding: "utf8", cwd: WORKER });
  expect(run).toMatchObject({ stdout: "12\n", stderr: "", status: 0 });
});

it("says in one line what the module refuses, which throws bare numbers", async () => {
  const { matrix, labels } = boostInput(modelFixture("binary"));
  const rows = { matrix: shareMatrix(matrix), labels: Float32Array.from(labels) };
  const workerData: ThreadInput = {
    train: rows,
    nClasses: 2,
    iterations: 1,
    earlyStoppingRounds: 0,
    maxMeasuredRows: { train: 10, validation: 10 },
    parameters: [["objective", "no:such"]],
  };
  const thread = new Worker(require.resolve("@colaml/shared/learning/model/xgboost-thread"), {
    workerData,
    stdout: true,
    stderr: true,
  });
  const message = await new Promise((resolve) => thread.once("message", resolve));
  await thread.terminate();
  expect(message).toEqual({
    type: "failed",
    message: expect.stringMatching(/^XGBoost stopped: .*no:such.*$/),
  });
});
