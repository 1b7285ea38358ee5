import { Worker } from "node:worker_threads";
import type { TreeEnsemble } from "@colaml/shared/learning/model/tree-ensemble";

/** A thread or process of its own finds by name only what the package exports. */
const built = (name: string) => JSON.stringify(require.resolve(`@colaml/shared/learning/model/${name}`));

/** Both ways to grow on the same rows; the module may be loaded only in a thread of its own. */
const THREAD = `
const { parentPort, workerData: { nClasses, method, weighted, iterations } } = require("node:worker_threads");
const { loadXgboost } = require(${built("xgboost-module")});
const { XgboostTrainer } = require(${built("xgboost-trainer")});
const { shareMatrix } = require(${built("training-matrix")});
const { xgboostParameters } = require(${built("boosting-parameters")});
const { OneBooster, BoosterPerIteration } = require(${built("tree-grower")});
let state = 7;
const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
const nRows = 600, nColumns = 40;
const labels = new Float32Array(nRows), indptr = [0], indices = [], values = [];
for (let row = 0; row < nRows; row++) {
  labels[row] = row % nClasses;
  const columns = new Set([labels[row] % nColumns, Math.floor(random() * nColumns), Math.floor(random() * nColumns)]);
  for (const column of [...columns].sort((a, b) => a - b)) { indices.push(column); values.push(random()); }
  indptr.push(indices.length);
}
const matrix = shareMatrix({ nRows, nColumns, indptr: Uint32Array.from(indptr), indices: Uint32Array.from(indices),
  values: Float32Array.from(values) });
const weights = weighted ? Float32Array.from(labels, (label) => 1 + (label % 3)) : undefined;
const settings = { learning_rate: 0.3, depth: 4, l2_leaf_reg: 1, random_seed: 42 };
const parameters = xgboostParameters(settings, nClasses, method);
loadXgboost().then((module) => {
  const grown = [OneBooster, BoosterPerIteration].map((Grower) => {
    const trainer = new XgboostTrainer(module, matrix, labels, weights);
    const grower = Grower === OneBooster ? new OneBooster(trainer, parameters)
      : new BoosterPerIteration(trainer, matrix, nClasses, parameters);
    const steps = Array.from({ length: iterations }, () => grower.grow());
    const ensemble = grower.ensemble();
    trainer.free();
    return { steps, ensemble };
  });
  parentPort.postMessage(grown);
});
`;

interface Grown {
  steps: TreeEnsemble["trees"][];
  ensemble: TreeEnsemble;
}

const settings = [
  { nClasses: 3, method: "hist", weighted: false },
  { nClasses: 20, method: "hist", weighted: true },
  { nClasses: 20, method: "exact", weighted: false },
  { nClasses: 60, method: "hist", weighted: false },
] as const;

describe.each(settings)("trees of $nClasses classes by $method, weighted: $weighted", (setting) => {
  const iterations = 4;
  let grown: [Grown, Grown];
  beforeAll(async () => {
    const workerData = { ...setting, iterations };
    const thread = new Worker(THREAD, { eval: true, stdout: true, stderr: true, workerData });
    grown = await new Promise<[Grown, Grown]>((resolve, reject) => {
      thread.once("message", resolve);
      thread.once("error", reject);
    }).finally(() => thread.terminate());
  });

  it("are those of XGBoost's own booster to the last bit, if each iteration has a booster of its own", () => {
    const [own, perIteration] = grown;
    expect(own.ensemble.trees).toHaveLength(iterations * setting.nClasses);
    expect(own.ensemble.trees.some((tree) => tree.left.length > 1)).toBe(true);
    expect(perIteration.ensemble).toEqual(own.ensemble);
  });

  it("come one per class from each iteration, and together are the ensemble", () => {
    for (const { steps, ensemble } of grown) {
      expect(steps.map((trees) => trees.map((tree) => tree.group))).toEqual(
        steps.map(() => Array.from({ length: setting.nClasses }, (_, group) => group)),
      );
      expect(steps.flat()).toEqual(ensemble.trees);
    }
  });
});
