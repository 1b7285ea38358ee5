import { parentPort, workerData } from "node:worker_threads";
import type { BoostIteration } from "./boosting-progress";
import { HeapVectors } from "./heap-vector";
import { fitLinear, GrowingLinearModel, type LinearFit, type LinearRounds } from "./linear-rounds";
import type { ThreadFailure } from "./training-thread";
import { xgboostFailure } from "./xgboost-failure";
import { loadXgboost, printedLines } from "./xgboost-module";
import type { ThreadRows } from "./xgboost-thread";
import { XgboostTrainer } from "./xgboost-trainer";

/** What the thread that fits linear models is started with. */
export interface LinearThreadInput extends LinearRounds {
  train: ThreadRows;
  validation?: ThreadRows;
  /** 1 for binary, else the number of classes. */
  nGroups: number;
  /** Fits that may be worse than the best so far, one after the other, before no more are made. */
  giveUpAfter?: number;
  /** Parameters of each model to fit, under XGBoost's names. */
  fits: [name: string, value: string][][];
}

/** What it says: rounds of the fit of that index, and at the end all fits. */
export type LinearThreadMessage =
  | { type: "round"; fit: number; iteration: BoostIteration }
  | { type: "done"; fits: LinearFit[] }
  | ThreadFailure;

/** What the kept round of a fit has on the validation rows; NaN, which is not worse than anything, without any. */
function keptValue({ ensemble, history }: LinearFit, select: "logLoss" | "error"): number {
  return history[ensemble.rounds - 1]?.validation?.[select] ?? Number.NaN;
}

async function main(input: LinearThreadInput): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("this thread must be started by linear-boosting");
  const say = (message: LinearThreadMessage) => port.postMessage(message);
  try {
    const module = await loadXgboost();
    const { train, validation, nGroups } = input;
    const rows = new XgboostTrainer(module, train.matrix, train.labels, train.weights);
    const vectors = new HeapVectors(module);
    const fits: LinearFit[] = [];
    let worse = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [fit, parameters] of input.fits.entries()) {
      if (input.giveUpAfter !== undefined && worse >= input.giveUpAfter) break;
      const model = new GrowingLinearModel(rows, train, nGroups, parameters, vectors);
      const fitted = fitLinear(model, train, validation, input, (iteration) =>
        say({ type: "round", fit, iteration }),
      );
      model.free();
      fits.push(fitted);
      const value = keptValue(fitted, input.select ?? "logLoss");
      worse = value > least ? worse + 1 : 0;
      least = Math.min(least, value);
    }
    say({ type: "done", fits });
  } catch (error) {
    say({ type: "failed", message: xgboostFailure(error, printedLines) });
  }
}

if (parentPort !== null) void main(workerData);
