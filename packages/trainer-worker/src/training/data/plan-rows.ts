import type { TrainingData, TrainJob } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { assignParts, PART } from "@colaml/shared/learning/data/split";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import { describeReasons } from "@colaml/shared/tables/rejected-by-reason";
import { checkLostClasses, checkRejected } from "@colaml/shared/tables/rejected-limit";
import { describeRejected } from "@colaml/shared/tables/rejected-rows";
import { type LabelSettings, NO_CLASS, planClasses } from "./plan-classes";
import { sampleRows } from "./sample-rows";

/** The part of rows that `max_train_rows` leaves out. */
export const NOT_SAMPLED = 3;
/** The part of rows whose class is too small. */
export const LEFT_OUT = 4;

/** A sample of fewer training rows says little of a setting. */
const LEAST_SAMPLED = 1_000;

/** Which rows train, validate and test, known before any text is kept. */
export interface RowPlan {
  /** Normalised labels in ascending order. */
  classes: string[];
  /** Class index of every accepted row of the file, `NO_CLASS` of one that is left out. */
  classOf: Uint16Array;
  /** `PART` of every accepted row, or `NOT_SAMPLED`, or `LEFT_OUT`. */
  partOf: Uint8Array;
  /** Rows of each part. */
  rows: { train: number; validation: number; test: number; notSampled: number; leftOut: number };
  /** What was done about labels that are alike or rare. */
  labels: Pick<TrainingData, "joinedLabels" | "smallClasses">;
  /** Bytes of the texts of all accepted rows. */
  textBytes: number;
  /** Training rows of each class. */
  trainRowsOfClass: number[];
}

/**
 * The first pass: counts rows and labels, and splits the row numbers as scikit-learn does. Rows of classes that are
 * too small are split as if they were not in the file.
 *
 * @throws ColaError LABELS_INVALID (fewer than two classes, or too many), TOO_FEW_ROWS, TOO_MANY_REJECTED (more
 *   rows than allowed, or all of a class), and what reading throws
 */
export async function planRows(
  reader: DatasetReader,
  job: Pick<TrainJob, "columns" | "split" | "max_train_rows" | "max_rejected"> &
    Partial<LabelSettings & Pick<TrainJob, "trial">>,
): Promise<RowPlan> {
  const { codes, textBytes } = await readLabelCodes(reader);
  checkLeftOut(reader, codes, job.max_rejected);
  const where = { column: job.columns.label, path: reader.path };
  const { classes, classOf, ...labels } = planClasses(codes, reader.labelNames, labelSettings(job), where);
  const partOf = splitOf(reader.path, classOf, job.split, job.max_train_rows);
  if (job.trial?.trainShare !== undefined)
    keepShareOfTrainRows(partOf, job.trial.trainShare, job.split.random_seed);
  const trainRowsOfClass = new Array<number>(classes.length).fill(0);
  const rows = [0, 0, 0, 0, 0];
  partOf.forEach((part, row) => {
    rows[part]!++;
    if (part === PART.train) trainRowsOfClass[classOf[row]!]!++;
  });
  if (trainRowsOfClass.filter((count) => count > 0).length < 2) {
    const message = `the ${rows[PART.train]} training rows of ${reader.path} are all of one class: give more rows, or split with stratify`;
    throw new ColaError("TOO_FEW_ROWS", message);
  }
  const [train, validation, test, notSampled, leftOut] = rows as [number, number, number, number, number];
  return {
    classes,
    classOf,
    partOf,
    rows: { train, validation, test, notSampled, leftOut },
    labels,
    textBytes,
    trainRowsOfClass,
  };
}

/** A training that an older release left to be published has neither setting: it kept every label for itself. */
function labelSettings({ similar_labels, min_class_rows }: Partial<LabelSettings>): LabelSettings {
  return similar_labels === undefined
    ? { similar_labels: "keep", min_class_rows: 1 }
    : { similar_labels, min_class_rows };
}

function checkLeftOut(reader: DatasetReader, codes: Uint16Array, allowed: number): void {
  const { path, rejected, rejectedLabels, labelNames } = reader;
  const rows = codes.length;
  const reasons = describeRejected(rejected);
  if (rows === 0) {
    throw new ColaError(
      "TOO_FEW_ROWS",
      `${path} has no usable row: ${rejected.count} rejected (${describeReasons(rejected.byReason)})`,
    );
  }
  checkRejected(allowed, { rows, rejected: rejected.count }, true, { path, reasons });
  // who allows a count that covers what is left out has seen it
  if (allowed < 1) checkLostClasses(path, rejectedLabels, namesUsed(codes, labelNames), { rows, rejected });
}

function namesUsed(codes: Uint16Array, names: readonly string[]): string[] {
  const used = new Uint8Array(names.length);
  for (const code of codes) used[code] = 1;
  return names.filter((_, code) => used[code] === 1);
}

/** Leaves out training rows but for a seeded sample; validation and test rows stay, so that trials can be compared. */
function keepShareOfTrainRows(partOf: Uint8Array, share: number, seed: number): void {
  const rows = Uint32Array.from(partOf.keys()).filter((row) => partOf[row] === PART.train);
  const size = Math.max(LEAST_SAMPLED, Math.round(share * rows.length));
  const kept = new Set(sampleRows(rows.length, size, seed));
  rows.forEach((row, i) => {
    if (!kept.has(i)) partOf[row] = NOT_SAMPLED;
  });
}

/** The split itself knows counts only: its refusal gets the file's name and number of rows. */
function splitOf(
  path: string,
  classOf: Uint16Array,
  settings: TrainJob["split"],
  maxRows: number,
): Uint8Array {
  try {
    return partsOf(classOf, settings, maxRows);
  } catch (error) {
    if (!(error instanceof ColaError) || error.code !== "TOO_FEW_ROWS") throw error;
    const shares = `test_size ${settings.test_size} and validation_size ${settings.validation_size}`;
    const message = `${path} has ${classOf.length} usable rows: too few to split by ${shares} (${error.message})`;
    throw new ColaError("TOO_FEW_ROWS", message, { cause: error });
  }
}

async function readLabelCodes(reader: DatasetReader): Promise<{ codes: Uint16Array; textBytes: number }> {
  let codes = new Uint16Array(65_536);
  let n = 0;
  let textBytes = 0;
  for await (const block of reader.blocks()) {
    for (let i = 0; i < block.count; i++) textBytes += block.textEnd[i]! - block.textStart[i]!;
    if (n + block.count > codes.length) {
      const grown = new Uint16Array(Math.max(codes.length * 2, n + block.count));
      grown.set(codes);
      codes = grown;
    }
    codes.set(block.label.subarray(0, block.count), n);
    n += block.count;
  }
  return { codes: codes.subarray(0, n), textBytes };
}

/** Parts of all rows; only those that are of a class are split, and of them a sample if there are too many. */
function partsOf(classOf: Uint16Array, settings: TrainJob["split"], maxRows: number): Uint8Array {
  const usable = usableRows(classOf);
  if (usable === undefined && (maxRows === 0 || classOf.length <= maxRows))
    return assignParts(classOf.length, settings, classOf);
  const n = usable?.length ?? classOf.length;
  const rowOf = (i: number) => usable?.[i] ?? i;
  const taken =
    maxRows === 0 || n <= maxRows
      ? Uint32Array.from({ length: n }, (_, i) => i)
      : sampleRows(n, maxRows, settings.random_seed);
  const strata = Uint16Array.from(taken, (i) => classOf[rowOf(i)]!);
  const parts = assignParts(taken.length, settings, strata);
  const partOf = Uint8Array.from(classOf, (index) => (index === NO_CLASS ? LEFT_OUT : NOT_SAMPLED));
  taken.forEach((i, at) => {
    partOf[rowOf(i)] = parts[at]!;
  });
  return partOf;
}

/** Numbers of the rows that are of a class; undefined if all are. */
function usableRows(classOf: Uint16Array): Uint32Array | undefined {
  let count = 0;
  for (const index of classOf) if (index !== NO_CLASS) count++;
  if (count === classOf.length) return undefined;
  const rows = new Uint32Array(count);
  let at = 0;
  classOf.forEach((index, row) => {
    if (index !== NO_CLASS) rows[at++] = row;
  });
  return rows;
}
