import { parentPort, workerData } from "node:worker_threads";
import type { BoostIteration } from "./boosting-progress";
import { RunningMetrics } from "./boosting-progress";
import type { SharedMatrix } from "./training-matrix";
import type { ThreadFailure } from "./training-thread";
import type { TreeEnsemble } from "./tree-ensemble";
import { type TreeGrower, treeGrowerFor } from "./tree-grower";
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
  | { type: "done"; ensemble: TreeEnsemble }
  | ThreadFailure;

function train(grower: TreeGrower, input: ThreadInput, say: (message: ThreadMessage) => void): void {
  const measure = ({ matrix, labels }: ThreadRows, maxRows: number) =>
    new RunningMetrics(matrix, labels, input.nClasses, maxRows);
  const onTrain = measure(input.train, input.maxMeasuredRows.train);
  const onValidation =
    input.validation === undefined ? undefined : measure(input.validation, input.maxMeasuredRows.validation);
  let best = { logLoss: Number.POSITIVE_INFINITY, at: 0 };
  for (let number = 1; number <= input.iterations; number++) {
    const trees = grower.grow();
    const iteration: BoostIteration = { number, of: input.iterations, train: onTrain.add(trees) };
    const validation = onValidation?.add(trees);
    if (validation !== undefined) iteration.validation = validation;
    say({ type: "iteration", iteration });
    if (validation !== undefined && validation.logLoss < best.logLoss)
      best = { logLoss: validation.logLoss, at: number };
    if (input.earlyStoppingRounds > 0 && number - best.at >= input.earlyStoppingRounds) break;
  }
  say({ type: "done", ensemble: grower.ensemble() });
}

async function main(input: ThreadInput): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("the training thread must be started by boosting");
  const say = (message: ThreadMessage) => port.postMessage(message);
  try {
    const module = await loadXgboost();
    const { matrix, labels, weights } = input.train;
    const trainer = new XgboostTrainer(module, matrix, labels, weights);
    train(treeGrowerFor(trainer, matrix, input.nClasses, input.parameters), input, say);
  } catch (error) {
    say({ type: "failed", message: xgboostFailure(error, printedLines) });
  }
}

if (parentPort !== null) void main(workerData);
