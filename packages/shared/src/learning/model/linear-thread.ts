import { parentPort, workerData } from "node:worker_threads";
import type { BoostIteration } from "./boosting-progress";
import { HeapVectors } from "./heap-vector";
import {
  fitLinear,
  GrowingLinearModel,
  type LinearFit,
  type LinearRounds,
  type MeasuredRows,
} from "./linear-rounds";
import type { ThreadFailure } from "./training-thread";
import { type AddedRows, XgboostColumns } from "./xgboost-columns";
import { xgboostFailure } from "./xgboost-failure";
import { loadXgboost, printedLines } from "./xgboost-module";

/** What the thread that fits linear models is started with: how large the matrix is. Its rows are added then. */
export interface LinearThreadShape {
  nRows: number;
  /** Values that each column will hold. */
  columnCounts: Uint32Array;
}

/** What is fitted on the rows that were added. */
export interface LinearThreadFits extends LinearRounds {
  /** Class of each row, as XGBoost takes it. */
  labels: Float32Array;
  weights?: Float32Array;
  validation?: MeasuredRows;
  /** 1 for binary, else the number of classes. */
  nGroups: number;
  /** Fits that may be worse than the best so far, one after the other, before no more are made. */
  giveUpAfter?: number;
  /** Parameters of each model to fit, under XGBoost's names. */
  fits: [name: string, value: string][][];
}

/** Messages to the thread. */
export type LinearThreadOrder = { type: "rows"; rows: AddedRows } | { type: "fit"; fits: LinearThreadFits };

/** What it says: rows were taken, rounds of the fit of that index, and at the end all fits. */
export type LinearThreadMessage =
  | { type: "taken" }
  | { type: "round"; fit: number; iteration: BoostIteration }
  | { type: "done"; fits: LinearFit[] }
  | ThreadFailure;

type Say = (message: LinearThreadMessage) => void;

/** What the kept round of a fit has on the validation rows; NaN, which is not worse than anything, without any. */
function keptValue({ ensemble, history }: LinearFit, select: "logLoss" | "error"): number {
  return history[ensemble.rounds - 1]?.validation?.[select] ?? Number.NaN;
}

function fitAll(columns: XgboostColumns, vectors: HeapVectors, input: LinearThreadFits, say: Say): void {
  const { labels, weights, validation, nGroups } = input;
  const rows = { columns, trainer: columns.attach(weights), labels, vectors };
  const fits: LinearFit[] = [];
  let worse = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const [fit, parameters] of input.fits.entries()) {
    if (input.giveUpAfter !== undefined && worse >= input.giveUpAfter) break;
    const model = new GrowingLinearModel(rows, nGroups, parameters);
    const fitted = fitLinear(model, labels, validation, input, (iteration) =>
      say({ type: "round", fit, iteration }),
    );
    model.free();
    fits.push(fitted);
    const value = keptValue(fitted, input.select ?? "logLoss");
    worse = value > least ? worse + 1 : 0;
    least = Math.min(least, value);
  }
  say({ type: "done", fits });
}

async function main({ nRows, columnCounts }: LinearThreadShape): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("this thread must be started by linear-training");
  const say: Say = (message) => port.postMessage(message);
  const orFail = (act: () => void) => {
    try {
      act();
    } catch (error) {
      say({ type: "failed", message: xgboostFailure(error, printedLines) });
    }
  };
  const module = await loadXgboost();
  orFail(() => {
    const columns = new XgboostColumns(module, nRows, columnCounts);
    const vectors = new HeapVectors(module);
    // Orders that came while the module was loading have waited.
    port.on("message", (order: LinearThreadOrder) =>
      orFail(() => {
        if (order.type === "fit") return fitAll(columns, vectors, order.fits, say);
        columns.add(order.rows);
        say({ type: "taken" });
      }),
    );
  });
}

if (parentPort !== null) void main(workerData);
