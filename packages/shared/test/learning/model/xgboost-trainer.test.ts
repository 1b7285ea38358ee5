import { Worker } from "node:worker_threads";
import { createTreeScorer } from "@colaml/shared/learning/model/tree-scorer";
import { readBinaryModel } from "@colaml/shared/learning/model/xgboost-binary";
import { FIXTURES, type ModelFixture, modelFixture, rowOf } from "./model-fixture";

/** What the wasm module itself says, asked in a thread of its own as it may be loaded nowhere else. */
interface Answer {
  /** The model by our sparse hand-over, and by the module's own dense matrix. */
  sparse: Uint8Array;
  dense: Uint8Array | undefined;
  predictions: Float32Array[];
  /** Margins by an objective that leaves them as they are; binary models only. */
  margins: Float32Array[];
}

/** A thread of its own finds by name only what the package exports. */
const built = (name: string) => JSON.stringify(require.resolve(`@colaml/shared/learning/model/${name}`));

const THREAD = `
const { parentPort, workerData: { fixture, parameters, nGroups, weights } } = require("node:worker_threads");
const { loadXgboost } = require(${built("xgboost-module")});
const { XgboostTrainer } = require(${built("xgboost-trainer")});
const { shareMatrix } = require(${built("training-matrix")});
loadXgboost().then((module) => {
  const { matrix, labels, settings } = fixture;
  const nRows = labels.length;
  const trainer = new XgboostTrainer(module, shareMatrix({ ...matrix, nRows }), Float32Array.from(labels), weights);
  for (const [name, value] of parameters) trainer.setParameter(name, value);
  for (let i = 0; i < settings.iterations; i++) trainer.step();
  const dense = new Float32Array(nRows * matrix.nColumns).fill(-1);
  for (let row = 0; row < nRows; row++)
    for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++)
      dense[row * matrix.nColumns + matrix.indices[i]] = matrix.values[i];
  const predictions = Array.from({ length: nRows }, (_, row) =>
    trainer.predict(dense.subarray(row * matrix.nColumns, (row + 1) * matrix.nColumns), nGroups));
  const sparse = trainer.save();
  let margins = [];
  if (nGroups === 1) {
    const raw = new XgboostTrainer(module, shareMatrix({ ...matrix, nRows }), Float32Array.from(labels), weights);
    for (const [name, value] of parameters) raw.setParameter(name, name === "objective" ? "binary:logitraw" : value);
    for (let i = 0; i < settings.iterations; i++) raw.step();
    margins = Array.from({ length: nRows }, (_, row) =>
      raw.predict(dense.subarray(row * matrix.nColumns, (row + 1) * matrix.nColumns), 1));
    raw.free();
  }
  let other;
  if (!weights) {
    const x = module._malloc(dense.length * 4), y = module._malloc(nRows * 4);
    module.HEAPF32.set(dense, x / 4);
    module.HEAPF32.set(labels, y / 4);
    const model = module._create_model(x, y, nRows, matrix.nColumns);
    const set = module.cwrap("set_param", null, ["number", "string", "string"]);
    for (const [name, value] of parameters) set(model, name, value);
    module._train_full_model(model, settings.iterations);
    const bytes = module._save_model(model), at = module._malloc(bytes);
    module._get_file_content(at, bytes);
    other = module.HEAPU8.slice(at, at + bytes);
    module._free_memory_model(model);
  }
  trainer.free();
  parentPort.postMessage({ sparse, dense: other, predictions, margins });
});
`;

function ask(fixture: ModelFixture): Promise<Answer> {
  const nClasses = fixture.classes.length;
  const { xgboostParameters, classWeights } = require("@colaml/shared/learning/model/boosting-parameters");
  const byClass: Float64Array = classWeights(fixture.settings.class_weights, fixture.classes, fixture.labels);
  const weighted = fixture.settings.class_weights !== "none";
  const thread = new Worker(THREAD, {
    eval: true,
    stdout: true,
    stderr: true,
    workerData: {
      fixture,
      parameters: xgboostParameters(fixture.settings, nClasses, "hist"),
      nGroups: nClasses === 2 ? 1 : nClasses,
      weights: weighted ? Float32Array.from(fixture.labels, (label) => byClass[label]!) : undefined,
    },
  });
  return new Promise<Answer>((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  }).finally(() => thread.terminate());
}

describe.each(FIXTURES)("the wasm module trained on the %s rows", (name) => {
  const fixture = modelFixture(name);
  let answer: Answer;
  beforeAll(async () => {
    answer = await ask(fixture);
  });

  it("sums leaves to the margins of our scorer, bit for bit", () => {
    const scorer = createTreeScorer(readBinaryModel(answer.sparse));
    expect(answer.margins.length).toBe(fixture.classes.length === 2 ? fixture.labels.length : 0);
    answer.margins.forEach((theirs, row) => {
      expect(scorer.margins(rowOf(fixture, row), new Float32Array(1))).toEqual(theirs);
    });
  });

  it("predicts what our scorer predicts, to the last places of its own float32 exponential", () => {
    const scorer = createTreeScorer(readBinaryModel(answer.sparse));
    const out = new Float64Array(scorer.nClasses);
    expect(answer.predictions.length).toBe(fixture.labels.length);
    answer.predictions.forEach((theirs, row) => {
      scorer.probabilities(rowOf(fixture, row), out);
      const ours = scorer.nClasses === 2 ? [out[1]!] : [...out];
      ours.forEach((p, k) => {
        expect(Math.abs(p - theirs[k]!)).toBeLessThanOrEqual(2.5e-7 * p);
      });
    });
  });

  it("makes the same bytes from sparse rows as from its own dense matrix", () => {
    if (answer.dense === undefined) return;
    expect(Buffer.compare(answer.sparse, answer.dense)).toBe(0);
  });

  it("refuses a model that is cut off anywhere", () => {
    for (let length = 0; length < answer.sparse.length; length += 97) {
      expect(() => readBinaryModel(answer.sparse.subarray(0, length))).toThrow(/XGBoost binary model/);
    }
  });
});
