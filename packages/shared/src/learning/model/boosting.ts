import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { ColaError, messageOf } from "../../errors/cola-error";
import type { BoostingSettings } from "../../settings/boosting-settings";
import { checkBoostingSettings, classWeights, xgboostParameters } from "./boosting-parameters";
import type { BoostIteration } from "./boosting-progress";
import { checkMatrix, sharedFloats, shareMatrix, type TrainingMatrix } from "./training-matrix";
import { checkTrainingSize, type TrainingSize, type TreeMethod, treeMethodFor } from "./training-memory";
import type { TreeEnsemble } from "./tree-ensemble";
import type { ThreadInput, ThreadMessage, ThreadRows } from "./xgboost-thread";

/** Training rows an iteration is measured on: more would cost as much time as the boosting itself. */
const MAX_MEASURED_TRAINING_ROWS = 100_000;
const MAX_MEASURED_VALIDATION_ROWS = 500_000;
/** JavaScript memory of the thread; the matrix lies in shared memory and in the wasm heap, outside of it. */
const DEFAULT_THREAD_MB = 512;

/** Rows with the class of each (an index into `classes`). */
export interface LabelledRows {
  matrix: TrainingMatrix;
  labels: ArrayLike<number>;
}

export interface BoostInput extends LabelledRows {
  /** Weight of each row beside its class's weight: nRows. */
  weights?: ArrayLike<number>;
  validation?: LabelledRows;
  /** Class labels in the order of their indexes; binary: [negative, positive]. */
  classes: readonly string[];
  settings: BoostingSettings;
  onIteration?: (iteration: BoostIteration) => void;
  signal?: AbortSignal;
  /** MB of JavaScript memory the training thread may take. */
  threadMemoryMb?: number;
}

export interface BoostResult {
  ensemble: TreeEnsemble;
  history: BoostIteration[];
  /** The iteration (from 1) with the lowest validation log loss; absent without validation rows. */
  bestIteration?: number;
  /** Iterations whose trees the ensemble holds: up to the best one where early stopping is on, else all. */
  iterations: number;
  treeMethod: TreeMethod;
}

function checkLabels({ matrix, labels }: LabelledRows, nClasses: number, part: string): void {
  if (labels.length !== matrix.nRows) {
    throw new ColaError("INTERNAL", `${part}: ${labels.length} labels for ${matrix.nRows} rows`, {
      retryable: false,
    });
  }
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (!Number.isInteger(label) || label < 0 || label >= nClasses) {
      throw new ColaError("LABELS_INVALID", `${part}: row ${row} has class ${label} of ${nClasses}`);
    }
  }
}

function checkInput(input: BoostInput, settings: BoostingSettings): void {
  const { matrix, labels, classes, validation, weights } = input;
  if (matrix.nRows < 1) throw new ColaError("TOO_FEW_ROWS", "no row to train on");
  if (matrix.nColumns < 1)
    throw new ColaError("TOO_FEW_ROWS", "no feature to train on: the vocabulary is empty");
  if (classes.length < 2)
    throw new ColaError("LABELS_INVALID", `two classes are needed, there are ${classes.length}`);
  checkMatrix(matrix);
  checkLabels(input, classes.length, "training rows");
  if (new Set(Array.from(labels)).size < 2) {
    throw new ColaError("LABELS_INVALID", `all training rows have the label ${classes[labels[0]!]}`);
  }
  if (weights !== undefined && weights.length !== matrix.nRows) {
    throw new ColaError("PARAMETER_INVALID", `${weights.length} weights for ${matrix.nRows} rows`);
  }
  if (validation !== undefined) {
    checkMatrix(validation.matrix);
    checkLabels(validation, classes.length, "validation rows");
  }
  if (settings.early_stopping_rounds > 0 && (validation?.matrix.nRows ?? 0) === 0) {
    throw new ColaError(
      "PARAMETER_INVALID",
      `early_stopping_rounds = ${settings.early_stopping_rounds} needs validation rows, there are none`,
    );
  }
}

/** Weight of each row, or nothing where all are 1. */
function rowWeights(input: BoostInput, settings: BoostingSettings): Float32Array | undefined {
  const { labels, weights, classes } = input;
  const byClass = classWeights(settings.class_weights, classes, labels);
  if (weights === undefined && byClass.every((weight) => weight === 1)) return undefined;
  const shared = new Float32Array(new SharedArrayBuffer(labels.length * 4));
  for (let row = 0; row < labels.length; row++) shared[row] = byClass[labels[row]!]! * (weights?.[row] ?? 1);
  return shared;
}

function threadRows({ matrix, labels }: LabelledRows): ThreadRows {
  return { matrix: shareMatrix(matrix), labels: sharedFloats(labels) };
}

function threadInput(input: BoostInput, settings: BoostingSettings, treeMethod: TreeMethod): ThreadInput {
  const train = threadRows(input);
  const weights = rowWeights(input, settings);
  if (weights !== undefined) train.weights = weights;
  const built: ThreadInput = {
    train,
    nClasses: input.classes.length,
    iterations: settings.iterations,
    earlyStoppingRounds: settings.early_stopping_rounds,
    maxMeasuredRows: { train: MAX_MEASURED_TRAINING_ROWS, validation: MAX_MEASURED_VALIDATION_ROWS },
    parameters: xgboostParameters(settings, input.classes.length, treeMethod),
  };
  if (input.validation !== undefined && input.validation.matrix.nRows > 0)
    built.validation = threadRows(input.validation);
  return built;
}

function threadError(error: unknown): ColaError {
  const outOfMemory = error instanceof Error && Reflect.get(error, "code") === "ERR_WORKER_OUT_OF_MEMORY";
  const reason = outOfMemory ? "the training thread ran out of memory" : messageOf(error);
  return new ColaError("TRAINING_FAILED", `training failed: ${reason}`, { cause: error });
}

/** Runs the thread to its end: the ensemble. Whatever happens, the thread is gone when the promise settles. */
async function runThread(
  data: ThreadInput,
  { signal, threadMemoryMb = DEFAULT_THREAD_MB }: BoostInput,
  onIteration: (iteration: BoostIteration) => void,
): Promise<TreeEnsemble> {
  const thread = new Worker(join(__dirname, "xgboost-thread.js"), {
    workerData: data,
    // Captured: what the module prints is for us, not for the user's terminal.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb },
  });
  thread.stdout.resume();
  thread.stderr.resume();
  const cancelled = () => new ColaError("JOB_CANCELLED", "training was cancelled");
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<TreeEnsemble>((resolve, reject) => {
      onAbort = () => reject(cancelled());
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
      thread.on("message", (message: ThreadMessage) => {
        if (message.type === "done") resolve(message.ensemble);
        else if (message.type === "failed") reject(threadError(message.message));
        else
          try {
            onIteration(message.iteration);
          } catch (error) {
            reject(error);
          }
      });
      thread.on("error", (error) => reject(threadError(error)));
      thread.on("exit", (code) => reject(threadError(`the training thread ended early (exit code ${code})`)));
    });
  } finally {
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}

function bestOf(history: readonly BoostIteration[]): number | undefined {
  let best: BoostIteration | undefined;
  for (const step of history) {
    if (step.validation === undefined) continue;
    if (best?.validation === undefined || step.validation.logLoss < best.validation.logLoss) best = step;
  }
  return best?.number;
}

/**
 * Trains a gradient-boosted ensemble by XGBoost in a worker thread, so that the caller's event loop stays free. The
 * same input gives the same ensemble. Every setting of `settings` is checked before the thread starts.
 *
 * @throws ColaError INPUT_TOO_LARGE what the trainer's memory cannot hold, before anything is allocated
 * @throws ColaError PARAMETER_INVALID, LABELS_INVALID, TOO_FEW_ROWS
 * @throws ColaError TRAINING_FAILED the trainer stopped, or ran out of memory
 * @throws ColaError JOB_CANCELLED when `signal` aborts; the thread is stopped at once
 */
export async function boost(input: BoostInput): Promise<BoostResult> {
  if (input.signal?.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
  const settings = checkBoostingSettings(input.settings);
  const { matrix, classes } = input;
  const size: TrainingSize = {
    nRows: matrix.nRows,
    nColumns: matrix.nColumns,
    stored: matrix.indptr[matrix.nRows] ?? 0,
    nGroups: classes.length === 2 ? 1 : classes.length,
    depth: settings.depth,
  };
  checkTrainingSize(size);
  checkInput(input, settings);
  const treeMethod = treeMethodFor(size);
  const history: BoostIteration[] = [];
  const ensemble = await runThread(threadInput(input, settings, treeMethod), input, (iteration) => {
    history.push(iteration);
    input.onIteration?.(iteration);
  });
  const bestIteration = bestOf(history);
  const kept = settings.early_stopping_rounds > 0 ? (bestIteration ?? history.length) : history.length;
  ensemble.trees.length = kept * ensemble.nGroups;
  const result: BoostResult = { ensemble, history, iterations: kept, treeMethod };
  return bestIteration === undefined ? result : { ...result, bestIteration };
}
