import { parentPort, workerData } from "node:worker_threads";
import type { BoostIteration } from "./boosting-progress";
import { RunningMetrics } from "./boosting-progress";
import type { SharedMatrix } from "./training-matrix";
import type { Tree } from "./tree-ensemble";
import { readBinaryHeader, readBinaryTree } from "./xgboost-binary";
import { xgboostFailure } from "./xgboost-failure";
import { loadXgboost, printedLines } from "./xgboost-module";
import { XgboostTrainer } from "./xgboost-trainer";

/** Rows to train or measure on; arrays lie on shared memory. */
export interface ThreadRows {
  matrix: SharedMatrix;
  /** Class of each row, as XGBoost takes it. */
  labels: Float32Array;
  weights?: Float32Array;
}

/** What the training thread is started with. */
export interface ThreadInput {
  train: ThreadRows;
  validation?: ThreadRows;
  nClasses: number;
  iterations: number;
  earlyStoppingRounds: number;
  /** Rows of each part that an iteration is measured on, at most. */
  maxMeasuredRows: { train: number; validation: number };
  parameters: [name: string, value: string][];
}

/** What the training thread says. */
export type ThreadMessage =
  | { type: "iteration"; iteration: BoostIteration }
  | { type: "done"; model: Uint8Array }
  | { type: "failed"; message: string };

/** Reads the trees that the last step added: the model grows at its end, so the ones before are passed over. */
class NewTrees {
  #end = 0;
  #count = 0;

  read(bytes: Uint8Array): Tree[] {
    const header = readBinaryHeader(bytes);
    if (this.#end === 0) this.#end = header.treesAt;
    const trees: Tree[] = [];
    for (; this.#count < header.nTrees; this.#count++) {
      const { tree, end } = readBinaryTree(bytes, this.#end);
      trees.push(tree);
      this.#end = end;
    }
    // Each step adds one tree a class, in the order of the classes.
    trees.forEach((tree, group) => {
      tree.group = group;
    });
    return trees;
  }
}

function train(trainer: XgboostTrainer, input: ThreadInput, say: (message: ThreadMessage) => void): void {
  const measure = ({ matrix, labels }: ThreadRows, maxRows: number) =>
    new RunningMetrics(matrix, labels, input.nClasses, maxRows);
  const onTrain = measure(input.train, input.maxMeasuredRows.train);
  const onValidation =
    input.validation === undefined ? undefined : measure(input.validation, input.maxMeasuredRows.validation);
  const newTrees = new NewTrees();
  let best = { logLoss: Number.POSITIVE_INFINITY, at: 0 };
  let bytes: Uint8Array = new Uint8Array(0);
  for (let number = 1; number <= input.iterations; number++) {
    trainer.step();
    bytes = trainer.save();
    const trees = newTrees.read(bytes);
    const iteration: BoostIteration = { number, of: input.iterations, train: onTrain.add(trees) };
    const validation = onValidation?.add(trees);
    if (validation !== undefined) iteration.validation = validation;
    say({ type: "iteration", iteration });
    if (validation !== undefined && validation.logLoss < best.logLoss)
      best = { logLoss: validation.logLoss, at: number };
    if (input.earlyStoppingRounds > 0 && number - best.at >= input.earlyStoppingRounds) break;
  }
  say({ type: "done", model: bytes });
}

async function main(input: ThreadInput): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("the training thread must be started by boosting");
  const say = (message: ThreadMessage) => port.postMessage(message);
  try {
    const module = await loadXgboost();
    const trainer = new XgboostTrainer(module, input.train.matrix, input.train.labels, input.train.weights);
    for (const [name, value] of input.parameters) trainer.setParameter(name, value);
    train(trainer, input, say);
  } catch (error) {
    say({ type: "failed", message: xgboostFailure(error, printedLines) });
  }
}

if (parentPort !== null) void main(workerData);
