import { Worker } from "node:worker_threads";
import { boost } from "@colaml/shared/learning/model/boosting";
import { xgboostParameters } from "@colaml/shared/learning/model/boosting-parameters";
import { ensembleToXgboostJson } from "@colaml/shared/learning/model/ensemble-json";
import { boostLinear, fitLinearPath } from "@colaml/shared/learning/model/linear-boosting";
import { createLinearScorer } from "@colaml/shared/learning/model/linear-scorer";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { boostInput, modelFixture, rowOf } from "./model-fixture";

const FIXTURES = ["linear-binary", "linear-weighted", "linear-multiclass"] as const;

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe.each(FIXTURES)("the linear booster on the %s rows", (name) => {
  const fixture = modelFixture(name);

  it("gives the same model to the last byte, every time", async () => {
    const { ensemble } = await boost(boostInput(fixture));
    expect(ensembleToXgboostJson(ensemble)).toBe(fixture.model);
  });

  it("gives the probabilities of the models that Python's XGBoost trains with these settings and weights", async () => {
    const { ensemble } = await boostLinear(boostInput(fixture));
    const scorer = createLinearScorer(ensemble);
    const out = new Float64Array(scorer.nClasses);
    fixture.ownPredictions.forEach((own, row) => {
      scorer.probabilities(rowOf(fixture, row), out);
      const ours = scorer.nClasses === 2 ? [out[1]!] : [...out];
      [own].flat().forEach((p, k) => {
        expect(Math.abs(ours[k]! - p)).toBeLessThan(1e-6);
      });
    });
  });
});

describe("the rounds of a linear model", () => {
  const fixture = modelFixture("linear-multiclass");
  const input = boostInput(fixture);
  const validation = { matrix: input.matrix, labels: input.labels };

  it("are each measured by log loss and error on training and validation rows", async () => {
    const { history, bestIteration, iterations } = await boost({ ...input, validation });
    expect(history.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    const last = history.at(-1)!;
    expect(last.validation).toEqual(last.train);
    const probabilities = Float64Array.from((fixture.predictions as number[][]).flat());
    const metrics = classificationMetrics({ classes: input.classes, labels: input.labels, probabilities });
    expect(last.train.logLoss).toBeCloseTo(metrics.log_loss!, 5);
    expect(last.train.error).toBeCloseTo(1 - metrics.accuracy_score!, 9);
    expect(iterations).toBe(15);
    const losses = history.map((step) => step.validation!.logLoss);
    expect(bestIteration).toBe(losses.indexOf(Math.min(...losses)) + 1);
  });

  it("stop early on validation rows and keep the weights of the best one", async () => {
    const labels = Array.from(input.labels, (label, i) => (i % 3 === 0 ? (label + 1) % 4 : label));
    const settings = { ...input.settings, iterations: 100, reg_lambda: 0, early_stopping_rounds: 4 };
    const stopped = await boostLinear({ ...input, validation: { ...validation, labels }, settings });
    const losses = stopped.history.map((step) => step.validation!.logLoss);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(losses.length).toBe(best + 4);
    expect(stopped).toMatchObject({ bestIteration: best, iterations: best });
    const short = await boostLinear({
      ...input,
      settings: { ...settings, iterations: best, early_stopping_rounds: 0 },
    });
    expect(stopped.ensemble).toEqual(short.ensemble);
  });

  it("weigh rows as if they stood there as often", async () => {
    const { indptr, indices, values } = input.matrix;
    const weights = Array.from(input.labels, (_, row) => 1 + (row % 3));
    const repeated = { indptr: [0], indices: [] as number[], values: [] as number[], labels: [] as number[] };
    weights.forEach((times, row) => {
      for (let t = 0; t < times; t++) {
        for (let i = indptr[row]!; i < indptr[row + 1]!; i++) {
          repeated.indices.push(indices[i]!);
          repeated.values.push(values[i]!);
        }
        repeated.indptr.push(repeated.indices.length);
        repeated.labels.push(input.labels[row]!);
      }
    });
    const { labels, ...csr } = repeated;
    const settings = { ...input.settings, class_weights: "none" as const };
    const matrix = { ...csr, nRows: labels.length, nColumns: input.matrix.nColumns };
    const byWeight = await boostLinear({ ...input, weights, settings });
    const byRows = await boostLinear({ ...input, matrix, labels, settings });
    byWeight.ensemble.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(byRows.ensemble.weights[i]!, 3);
    });
  });
});

describe("a path of penalties", () => {
  const fixture = modelFixture("linear-binary");
  const input = boostInput(fixture);
  const validation = { matrix: input.matrix, labels: input.labels };

  it("gives for each the model that is trained with it by itself", async () => {
    const regLambdas = [0, 0.0001, 0.01];
    const rounds: string[] = [];
    const { onIteration: _, ...rest } = input;
    const fits = await fitLinearPath({
      ...rest,
      validation,
      regLambdas,
      onRound: ({ number }, fit) => rounds.push(`${fit}:${number}`),
    });
    expect(rounds).toHaveLength(45);
    expect(rounds.at(-1)).toBe("2:15");
    for (const [i, reg_lambda] of regLambdas.entries()) {
      const byItself = await boostLinear({ ...input, settings: { ...input.settings, reg_lambda } });
      expect(fits[i]!.ensemble).toEqual(byItself.ensemble);
      expect(fits[i]!.history).toHaveLength(15);
    }
  });

  it("keeps the round of least error, or of least log loss, if it is asked to", async () => {
    const labels = Array.from(input.labels, (label, i) => (i % 4 === 0 ? 1 - label : label));
    for (const select of ["error", "logLoss"] as const) {
      const [fit] = await fitLinearPath({
        ...input,
        validation: { ...validation, labels },
        regLambdas: [0],
        select,
      });
      const steps = fit!.history.map(({ validation: step }) => step!);
      const least = Math.min(...steps.map((step) => step[select]));
      const losses = steps.map((step) => (step[select] === least ? step.logLoss : Number.POSITIVE_INFINITY));
      expect(fit!.ensemble.rounds).toBe(losses.indexOf(Math.min(...losses)) + 1);
    }
  });

  it("keeps no round before the first that may be kept, and the last if there are fewer", async () => {
    const labels = Array.from(input.labels, (label, i) => (i % 4 === 0 ? 1 - label : label));
    const path = {
      ...input,
      validation: { ...validation, labels },
      regLambdas: [0],
      select: "logLoss" as const,
    };
    const keptRounds = async (more: object) =>
      (await fitLinearPath({ ...path, ...more }))[0]!.ensemble.rounds;
    const free = await keptRounds({});
    // Log loss rises from there on: these labels contradict what is learned.
    expect(free).toBeLessThan(6);
    expect(await keptRounds({ keepFrom: 6 })).toBe(6);
    expect(await keptRounds({ keepFrom: 99 })).toBe(15);
  });

  it("end when as many as allowed were worse than the best, one after the other", async () => {
    const path = { ...input, validation, select: "logLoss" as const, regLambdas: [0.001, 1, 10, 100, 1_000] };
    const all = await fitLinearPath(path);
    const losses = all.map(({ ensemble, history }) => history[ensemble.rounds - 1]!.validation!.logLoss);
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
    expect(await fitLinearPath({ ...path, giveUpAfter: 2 })).toEqual(all.slice(0, 3));
  });

  it("is refused without a penalty, or with one that only a training chooses", async () => {
    await expect(boost({ ...input, settings: { ...input.settings, reg_lambda: "auto" } })).rejects.toEqual(
      failure("PARAMETER_INVALID", /reg_lambda = "auto"/),
    );
    await expect(fitLinearPath({ ...input, regLambdas: [] })).rejects.toEqual(
      failure("PARAMETER_INVALID", /reg_lambda/),
    );
  });
});

it("refuses settings of the other booster, naming what to use instead", async () => {
  const input = boostInput(modelFixture("linear-binary"));
  const cases: [object, RegExp][] = [
    [{ depth: 4 }, /depth = 4: .*booster gbtree, the booster is gblinear/],
    [{ l2_leaf_reg: 3 }, /l2_leaf_reg = 3: .*reg_lambda/],
    [{ reg_lambda: -1 }, /reg_lambda = -1/],
  ];
  for (const [change, message] of cases) {
    const settings = { ...input.settings, ...change };
    await expect(boost({ ...input, settings })).rejects.toEqual(failure("PARAMETER_INVALID", message));
  }
  const trees = { ...boostInput(modelFixture("binary")).settings, reg_alpha: 1 };
  await expect(boost({ ...boostInput(modelFixture("binary")), settings: trees })).rejects.toEqual(
    failure("PARAMETER_INVALID", /reg_alpha = 1/),
  );
});

it("tells seventy-seven classes apart, one against the rest", async () => {
  const nClasses = 77;
  const rows = Array.from({ length: nClasses * 6 }, (_, i) => [i % nClasses, nClasses + (i % 5)]);
  const input = {
    matrix: {
      nRows: rows.length,
      nColumns: nClasses + 5,
      indptr: Array.from({ length: rows.length + 1 }, (_, i) => 2 * i),
      indices: rows.flat(),
      values: rows.flatMap(() => [0.8, 0.6]),
    },
    labels: rows.map(([label]) => label!),
    classes: Array.from({ length: nClasses }, (_, k) => `class ${k}`),
    settings: { ...modelFixture("linear-binary").settings, reg_lambda: 0.000002 },
  };
  const { history, ensemble } = await boostLinear(input);
  expect(history.at(-1)!.train.error).toBe(0);
  expect(history.every(({ train }) => Number.isFinite(train.logLoss))).toBe(true);
  expect(ensemble.weights.every(Number.isFinite)).toBe(true);
});

/** A thread or process of its own finds by name only what the package exports. */
const built = (name: string) => JSON.stringify(require.resolve(`@colaml/shared/learning/model/${name}`));

it("trains siblings on shared rows to the bytes of trainers with rows of their own", async () => {
  const fixture = modelFixture("binary");
  const script = `
    const { parentPort, workerData: { fixture, parameters } } = require("node:worker_threads");
    const { loadXgboost } = require(${built("xgboost-module")});
    const { XgboostTrainer } = require(${built("xgboost-trainer")});
    const { shareMatrix } = require(${built("training-matrix")});
    loadXgboost().then((module) => {
      const matrix = shareMatrix({ ...fixture.matrix, nRows: fixture.labels.length });
      const labels = Float32Array.from(fixture.labels);
      const others = labels.map((label) => 1 - label);
      const trained = (trainer, setLabels) => {
        for (const [name, value] of parameters) trainer.setParameter(name, value);
        for (let i = 0; i < 3; i++) { setLabels(); trainer.step(); }
        return trainer.save();
      };
      const own = [labels, others].map((each) => trained(new XgboostTrainer(module, matrix, each), () => {}));
      const rows = new XgboostTrainer(module, matrix, labels);
      const siblings = [labels, others].map((each) => {
        const trainer = rows.sibling();
        const bytes = trained(trainer, () => trainer.setLabels(each));
        trainer.free();
        return bytes;
      });
      rows.free();
      parentPort.postMessage(own.map((bytes, i) => Buffer.compare(bytes, siblings[i])));
    });`;
  const parameters = xgboostParameters(fixture.settings, 2, "hist");
  const thread = new Worker(script, {
    eval: true,
    stdout: true,
    stderr: true,
    workerData: { fixture, parameters },
  });
  const compared = await new Promise((resolve) => thread.once("message", resolve));
  await thread.terminate();
  expect(compared).toEqual([0, 0]);
});
