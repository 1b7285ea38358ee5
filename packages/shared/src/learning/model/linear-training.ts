import { ColaError } from "../../errors/cola-error";
import type { BoostingSettings } from "../../settings/boosting-settings";
import type { PackedRows } from "../text/packed-rows";
import { checkBoostingSettings, linearParameters } from "./boosting-parameters";
import type { BoostIteration } from "./boosting-progress";
import type { LinearFit } from "./linear-rounds";
import type {
  LinearThreadFits,
  LinearThreadMessage,
  LinearThreadOrder,
  LinearThreadShape,
} from "./linear-thread";
import {
  type BoostInput,
  checkBoostInput,
  MAX_MEASURED_ROWS,
  type RowsToCheck,
  rowWeights,
} from "./training-input";
import { sharedFloats } from "./training-matrix";
import { checkTrainingSize } from "./training-memory";
import { type ThreadLimits, TrainingThread } from "./training-thread";
import type { AddedRows } from "./xgboost-columns";

/** How large the matrix of a linear training is. */
export interface LinearShape {
  nRows: number;
  /** Values that each column will hold: nColumns. */
  columnCounts: ArrayLike<number>;
  /** 1 for two classes, else the number of classes. */
  nGroups: number;
}

/** Linear models of the same rows: what they are fitted by. */
export interface LinearPath
  extends Omit<BoostInput, "matrix" | "validation" | "onIteration" | keyof ThreadLimits> {
  /** Every round is measured on all of these. */
  validation?: { matrix: PackedRows; labels: ArrayLike<number> };
  /** The L2 penalties to fit: each takes the place of `settings.reg_lambda`. */
  regLambdas: readonly number[];
  /**
   * What the kept round of each is best at on the validation rows: least log loss or least share of wrong rows, of
   * equal ones that of the least log loss. Absent: the round of least log loss if early stopping is on, else the last.
   */
  select?: "logLoss" | "error";
  /** Earlier rounds (from 1) are not kept, unless there are fewer rounds. Absent: every round may be. */
  keepFrom?: number;
  /**
   * Make no more fits once this many in a row are worse by `select` than the best so far: the penalties must then
   * be given in order. Absent: every penalty is fitted.
   */
  giveUpAfter?: number;
  /** Training rows that a round is measured on, at most; absent: those of `MAX_MEASURED_ROWS`. */
  maxMeasuredTrainRows?: number;
  /** Called after each round of the penalty of that index. */
  onRound?: (iteration: BoostIteration, fit: number) => void;
}

/**
 * The settings of each penalty of a path.
 *
 * @param size of the training matrix
 * @throws ColaError as `boost`, for all that can be seen before anything is started
 */
export function checkLinearPath(
  path: Omit<LinearPath, "validation"> & { validation?: RowsToCheck },
  size: { nRows: number; nColumns: number },
): [BoostingSettings, ...BoostingSettings[]] {
  const [first, ...more] = path.regLambdas.map((reg_lambda) =>
    checkBoostingSettings({ ...path.settings, reg_lambda }),
  );
  if (first === undefined) throw new ColaError("PARAMETER_INVALID", "no reg_lambda to fit is given");
  checkBoostInput(path, size, first);
  return [first, ...more];
}

/** Rows on their way to the thread: two lots, one is filled while the thread takes the other. */
const LOT_ROWS = 4_096;
const LOT_VALUES = 1 << 17;

/**
 * Training rows that go to a thread as they come, and linear models that are fitted on them there. The rows lie in memory
 * once, as the trainer's columns: 8 bytes per value.
 */
export class LinearTraining {
  readonly #shape: LinearShape;
  readonly #thread: TrainingThread<LinearThreadMessage>;
  readonly #lots: [AddedRows, AddedRows];
  /** Values in the lot that is being filled, the first of `#lots`. */
  #filled = 0;
  /** When the thread has taken the other lot. */
  #taken: Promise<unknown> = Promise.resolve();

  /**
   * Starts the thread: `close` it.
   * @throws ColaError INPUT_TOO_LARGE what the trainer's memory cannot hold, before anything is allocated; JOB_CANCELLED
   */
  constructor(shape: LinearShape, limits: ThreadLimits) {
    if (limits.signal?.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
    const { nRows, nGroups } = shape;
    const columnCounts = Uint32Array.from(shape.columnCounts);
    const nColumns = columnCounts.length;
    const stored = columnCounts.reduce((sum, count) => sum + count, 0);
    checkTrainingSize({ nRows, nColumns, stored, nGroups });
    this.#shape = shape;
    const data: LinearThreadShape = { nRows, columnCounts };
    this.#thread = new TrainingThread("linear-thread.js", data, limits);
    const room = Math.min(stored, Math.max(LOT_VALUES, nColumns));
    this.#lots = [emptyLot(room), emptyLot(room)];
  }

  /**
   * Adds a row behind those that are there.
   *
   * @param indices columns of its values from `from` on, rising
   * @returns undefined, or a promise to wait for before the next row is added
   * @throws ColaError TRAINING_FAILED, JOB_CANCELLED
   */
  add(
    indices: ArrayLike<number>,
    values: ArrayLike<number>,
    count: number,
    from = 0,
  ): Promise<void> | undefined {
    const lot = this.#lots[0];
    if (lot.nRows === LOT_ROWS || this.#filled + count > lot.indices.length)
      return this.#send().then(() => this.add(indices, values, count, from));
    for (let i = 0; i < count; i++) {
      lot.indices[this.#filled + i] = indices[from + i]!;
      lot.values[this.#filled + i] = values[from + i]!;
    }
    lot.lengths[lot.nRows++] = count;
    this.#filled += count;
    return undefined;
  }

  /**
   * Fits a linear model per L2 penalty on the rows that were added; a penalty costs its rounds only. With early stopping
   * each penalty stops by itself. Only once.
   *
   * @returns a fit per penalty, in their order (fewer if `giveUpAfter` ended them): the weights after the kept round
   *   (`ensemble.rounds`), and the measures of every round on training and validation rows
   * @throws ColaError as `boost`
   */
  async fit(path: LinearPath): Promise<LinearFit[]> {
    const fits = this.#fitsOf(path);
    if (this.#lots[0].nRows > 0) await this.#send();
    await this.#taken;
    const done = this.#thread.next((message) => {
      if (message.type === "done") return message.fits;
      if (message.type === "round") path.onRound?.(message.iteration, message.fit);
      return undefined;
    });
    this.#post({ type: "fit", fits });
    return done;
  }

  /** Ends the thread, whatever it does. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  #fitsOf(path: LinearPath): LinearThreadFits {
    const { select, keepFrom, validation, giveUpAfter, labels } = path;
    const { nRows, columnCounts, nGroups } = this.#shape;
    const candidates = checkLinearPath(path, { nRows, nColumns: columnCounts.length });
    const settings = candidates[0];
    const kept = select ?? (settings.early_stopping_rounds > 0 ? "logLoss" : undefined);
    const weights = rowWeights(path, settings);
    const sumOfWeights = weights?.reduce((sum, weight) => sum + weight, 0) ?? nRows;
    return {
      labels: sharedFloats(labels),
      nGroups,
      rounds: settings.iterations,
      earlyStoppingRounds: settings.early_stopping_rounds,
      maxMeasuredTrainRows: path.maxMeasuredTrainRows ?? MAX_MEASURED_ROWS.train,
      fits: candidates.map((candidate) => linearParameters(candidate, sumOfWeights)),
      ...(weights ? { weights } : {}),
      ...(validation && validation.matrix.nRows > 0
        ? { validation: { matrix: validation.matrix, labels: sharedFloats(validation.labels) } }
        : {}),
      ...(kept ? { select: kept } : {}),
      ...(keepFrom === undefined ? {} : { keepFrom: Math.min(keepFrom, settings.iterations) }),
      ...(giveUpAfter === undefined ? {} : { giveUpAfter }),
    };
  }

  /** Hands the filled lot to the thread, as soon as it has taken the other one, which is filled next. */
  async #send(): Promise<void> {
    await this.#taken;
    const [filled, other] = this.#lots;
    this.#taken = this.#thread.next(({ type }) => (type === "taken" ? true : undefined));
    // Whoever waits next hears of a failure.
    this.#taken.catch(() => {});
    this.#post({ type: "rows", rows: filled });
    other.nRows = 0;
    this.#lots.reverse();
    this.#filled = 0;
  }

  #post(order: LinearThreadOrder): void {
    this.#thread.post(order);
  }
}

const shared = (length: number) => new SharedArrayBuffer(4 * length);

function emptyLot(values: number): AddedRows {
  return {
    nRows: 0,
    lengths: new Uint32Array(shared(LOT_ROWS)),
    indices: new Uint32Array(shared(values)),
    values: new Float32Array(shared(values)),
  };
}
