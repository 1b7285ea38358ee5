import type { JoinedLabel, TrainingData, TrainJob } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { classesOf } from "@colaml/shared/tables/labels";
import { similarLabels } from "@colaml/shared/tables/similar-labels";

/** How labels become classes. */
export type LabelSettings = Pick<TrainJob, "similar_labels" | "min_class_rows">;

/** Class index of a row that is of no class: its class was too small. */
export const NO_CLASS = 0xffff;

export interface ClassPlan {
  /** Normalised labels in ascending order. */
  classes: string[];
  /** Class index of every accepted row of the file, or `NO_CLASS`. */
  classOf: Uint16Array;
  joinedLabels: JoinedLabel[];
  smallClasses: TrainingData["smallClasses"];
}

/** Where the data is, for messages. */
export interface LabelColumn {
  column: string;
  path: string;
}

/** A class of fewer rows can neither be learned nor judged: three of ten rows are for the test. */
const LEAST_ROWS = 10;
/** In a small file a class may be as small as this share of it. */
const LEAST_SHARE = 0.01;

/**
 * Which rows are of which class: similar labels count as the most frequent of them, then classes of too few rows are
 * left out, and all of it is counted.
 *
 * @param codes label code of every row
 * @param names label of each code; codes that no row has are not classes
 * @throws ColaError LABELS_INVALID if fewer than two classes are left, or similar labels are to be refused
 */
export function planClasses(
  codes: Uint16Array,
  names: readonly string[],
  settings: LabelSettings,
  where: LabelColumn,
): ClassPlan {
  const rowsOf = new Uint32Array(names.length);
  for (const code of codes) rowsOf[code]!++;
  const used = Array.from(names.keys()).filter((code) => rowsOf[code]! > 0);
  const standsFor = settings.similar_labels === "keep" ? [...names.keys()] : similarLabels(names, rowsOf);
  const joined = used.filter((code) => standsFor[code] !== code);
  if (joined.length > 0 && settings.similar_labels === "refuse")
    throw similar(joined, names, standsFor, where);
  const rowsOfClass = new Uint32Array(names.length);
  for (const code of used) rowsOfClass[standsFor[code]!]! += rowsOf[code]!;
  const least = settings.min_class_rows ?? Math.min(LEAST_ROWS, Math.ceil(codes.length * LEAST_SHARE));
  const kinds = used.filter((code) => standsFor[code] === code);
  const small = kinds.filter((code) => rowsOfClass[code]! < least);
  const kept = kinds.filter((code) => rowsOfClass[code]! >= least);
  checkClasses(kept, small, names, least, where);
  const classes = classesOf(kept.map((code) => names[code]!));
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  const indexOfCode = names.map((_, code) => indexOf.get(names[standsFor[code]!]!) ?? NO_CLASS);
  return {
    classes,
    classOf: codes.map((code) => indexOfCode[code]!),
    joinedLabels: joined.map((code) => ({
      label: names[code]!,
      into: names[standsFor[code]!]!,
      rows: rowsOf[code]!,
    })),
    smallClasses: small.map((code) => ({ label: names[code]!, rows: rowsOfClass[code]! })),
  };
}

const quoted = (label: string) => JSON.stringify(label);

function similar(
  joined: readonly number[],
  names: readonly string[],
  standsFor: readonly number[],
  { column, path }: LabelColumn,
): ColaError {
  const pairs = joined
    .slice(0, 10)
    .map((code) => `${quoted(names[code]!)} and ${quoted(names[standsFor[code]!]!)}`);
  return new ColaError(
    "LABELS_INVALID",
    `column "${column}" of ${path} holds labels that are equal but for case, space or a final .0: ${pairs.join(", ")}; --similar-labels join counts them as one, keep keeps them apart`,
  );
}

function checkClasses(
  kept: readonly number[],
  small: readonly number[],
  names: readonly string[],
  least: number,
  { column, path }: LabelColumn,
): void {
  if (kept.length >= 2 || kept.length + small.length === 0) return;
  const left =
    small.length > 0
      ? ` besides ${small.length} of fewer than ${least} rows each, which are left out (--min-class-rows 1 keeps them)`
      : "";
  const found = kept.length === 1 ? `one label only (${quoted(names[kept[0]!]!)})` : "no label";
  throw new ColaError(
    "LABELS_INVALID",
    `column "${column}" of ${path} holds ${found}${left}: training needs at least two`,
  );
}
