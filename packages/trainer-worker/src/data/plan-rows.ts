import type { DatasetReader } from "@colaml/shared/data/dataset-reader";
import { classesOf } from "@colaml/shared/data/labels";
import { checkLostClasses, checkRejected } from "@colaml/shared/data/rejected-limit";
import { describeRejected } from "@colaml/shared/data/rejected-rows";
import { assignParts, PART } from "@colaml/shared/data/split";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { TrainJob } from "@colaml/shared/jobs/train";
import { sampleRows } from "./sample-rows";

/** The part of rows that `max_train_rows` leaves out. */
export const NOT_SAMPLED = 3;

/** Which rows train, validate and test, known before any text is kept. */
export interface RowPlan {
  /** Normalised labels in ascending order. */
  classes: string[];
  /** Class index of every accepted row of the file. */
  classOf: Uint16Array;
  /** `PART` of every accepted row, or `NOT_SAMPLED`. */
  partOf: Uint8Array;
  /** Rows of each part. */
  rows: { train: number; validation: number; test: number; notSampled: number };
  /** Training rows of each class. */
  trainRowsOfClass: number[];
}

/**
 * The first pass: counts rows and labels, and splits the row numbers as scikit-learn does.
 *
 * @throws ColaError LABELS_INVALID (fewer than two classes, or too many), TOO_FEW_ROWS, TOO_MANY_REJECTED (more
 *   rows than allowed, or all of a class), and what reading throws
 */
export async function planRows(
  reader: DatasetReader,
  job: Pick<TrainJob, "columns" | "split" | "max_train_rows" | "max_rejected">,
): Promise<RowPlan> {
  const codes = await readLabelCodes(reader);
  const { classes, classOf } = toClasses(codes, reader.labelNames);
  checkLeftOut(reader, codes.length, classes, job.max_rejected);
  checkClasses(classes, job.columns.label, reader.path);
  const partOf = splitOf(reader.path, classOf, job.split, job.max_train_rows);
  const trainRowsOfClass = new Array<number>(classes.length).fill(0);
  const rows = [0, 0, 0, 0];
  partOf.forEach((part, row) => {
    rows[part]!++;
    if (part === PART.train) trainRowsOfClass[classOf[row]!]!++;
  });
  if (trainRowsOfClass.filter((count) => count > 0).length < 2) {
    const message = `the ${rows[PART.train]} training rows of ${reader.path} are all of one class: give more rows, or split with stratify`;
    throw new ColaError("TOO_FEW_ROWS", message);
  }
  const [train, validation, test, notSampled] = rows as [number, number, number, number];
  return { classes, classOf, partOf, rows: { train, validation, test, notSampled }, trainRowsOfClass };
}

function checkLeftOut(
  reader: DatasetReader,
  rows: number,
  classes: readonly string[],
  allowed: number,
): void {
  const { path, rejected, rejectedLabels } = reader;
  const reasons = describeRejected(rejected);
  if (rows === 0) {
    const counts = Object.entries(rejected.byReason).map(([reason, count]) => `${reason}: ${count}`);
    throw new ColaError(
      "TOO_FEW_ROWS",
      `${path} has no usable row: ${rejected.count} rejected (${counts.join(", ")})`,
    );
  }
  checkRejected(allowed, { rows, rejected: rejected.count }, true, { path, reasons });
  // who allows a count that covers what is left out has seen it
  if (allowed < 1 || allowed < rejected.count)
    checkLostClasses(path, rejectedLabels, classes, { rows, rejected });
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

async function readLabelCodes(reader: DatasetReader): Promise<Uint16Array> {
  let codes = new Uint16Array(65_536);
  let n = 0;
  for await (const block of reader.blocks()) {
    if (n + block.count > codes.length) {
      const grown = new Uint16Array(Math.max(codes.length * 2, n + block.count));
      grown.set(codes);
      codes = grown;
    }
    codes.set(block.label.subarray(0, block.count), n);
    n += block.count;
  }
  return codes.subarray(0, n);
}

/** Label codes in order of appearance become class indexes in order of the classes; unused names are no class. */
function toClasses(
  codes: Uint16Array,
  names: readonly string[],
): { classes: string[]; classOf: Uint16Array } {
  const used = new Uint8Array(names.length);
  for (const code of codes) used[code] = 1;
  const classes = classesOf(names.filter((_, code) => used[code] === 1));
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  const indexOfCode = names.map((name) => indexOf.get(name) ?? 0);
  return { classes, classOf: codes.map((code) => indexOfCode[code]!) };
}

function checkClasses(classes: readonly string[], column: string, path: string): void {
  if (classes.length === 1) {
    const message = `column "${column}" of ${path} holds one label only (${JSON.stringify(classes[0])}): training needs at least two`;
    throw new ColaError("LABELS_INVALID", message);
  }
}

function partsOf(classOf: Uint16Array, settings: TrainJob["split"], maxRows: number): Uint8Array {
  if (maxRows === 0 || classOf.length <= maxRows) return assignParts(classOf.length, settings, classOf);
  const sample = sampleRows(classOf.length, maxRows, settings.random_seed);
  const strata = Uint16Array.from(sample, (row) => classOf[row]!);
  const parts = assignParts(sample.length, settings, strata);
  const partOf = new Uint8Array(classOf.length).fill(NOT_SAMPLED);
  sample.forEach((row, i) => {
    partOf[row] = parts[i]!;
  });
  return partOf;
}
