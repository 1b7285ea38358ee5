import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BoostInput } from "@colaml/shared/learning/model/training-input";
import type { FeatureRow } from "@colaml/shared/learning/model/tree-scorer";

/** What bench/parity/make-model-fixtures.py wrote: rows, our model of them, and what Python's XGBoost says. */
export interface ModelFixture extends Pick<BoostInput, "labels" | "classes" | "settings"> {
  matrix: { nColumns: number; indptr: number[]; indices: number[]; values: number[] };
  model: string;
  /** nRows, or nRows x nClasses. */
  predictions: (number | number[])[];
  margins: (number | number[])[];
  ownPredictions: (number | number[])[];
  /** First 20 rows; features and then the bias, for more classes one list each. */
  contributions: (number | number[])[][];
}

export const FIXTURES = ["binary", "weighted", "multiclass", "multiclass-weighted"] as const;

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(join(__dirname, "../../fixtures/model", `${name}.json`), "utf8"));
}

export function modelFixture(name: string): ModelFixture {
  return readFixture(`xgboost-${name}`);
}

export function boostInput({ matrix, labels, classes, settings }: ModelFixture): BoostInput {
  return { matrix: { ...matrix, nRows: labels.length }, labels, classes, settings };
}

export function rowOf({ matrix }: ModelFixture, row: number): FeatureRow {
  const [from, to] = [matrix.indptr[row]!, matrix.indptr[row + 1]!];
  return { indices: matrix.indices.slice(from, to), values: matrix.values.slice(from, to) };
}
