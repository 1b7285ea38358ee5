import { z } from "zod";
import { payloadFields, payloadOf, type ValuesOf } from "./payload-fields";
import { PRESET_NAMES } from "./presets";
import { integer, oneOf, real } from "./setting-kinds";

/** Which rows a training takes, and how much memory. */
export const trainSettings = {
  preset: oneOf({
    doc: "seed: a hundred words and trees; best: words and characters, a linear model. What is given besides wins",
    env: "COLAML_PRESET",
    default: "seed",
    choices: PRESET_NAMES,
    payload: "preset",
  }),
  presetHint: oneOf({
    doc: "After a training with the preset seed: try for about a second what the preset best would give",
    env: "COLAML_PRESET_HINT",
    default: "on",
    choices: ["on", "off"],
    payload: "preset_hint",
  }),
  maxRows: integer({
    doc: "Train on a seeded sample of this many rows; 0: all",
    env: "COLAML_MAX_TRAIN_ROWS",
    default: 0,
    min: 0,
    payload: "max_train_rows",
  }),
  /** 0 leaves `min_class_rows` out of a payload. */
  minClassRows: integer({
    doc: "Classes of fewer rows are left out; 0: 10, or 1% of the rows if that is less; 1 keeps every class",
    env: "COLAML_MIN_CLASS_ROWS",
    default: 0,
    min: 0,
  }),
  similarLabels: oneOf({
    doc: "Labels equal but for case, space or a final .0: join them to the larger class, refuse or keep them",
    env: "COLAML_SIMILAR_LABELS",
    default: "join",
    choices: ["join", "refuse", "keep"],
    payload: "similar_labels",
  }),
  maxMinutes: real({
    doc: "Refuse a training whose first iterations show that boosting takes longer; 0: no limit",
    env: "COLAML_TRAIN_MAX_MINUTES",
    flag: "max-minutes",
    default: 720,
    min: 0,
    max: 100_000,
    payload: "max_minutes",
  }),
  maxMemoryMb: integer({
    doc: "Memory of the trainer's matrix, MiB",
    env: "COLAML_TRAIN_MEMORY_MB",
    default: 2048,
    min: 64,
    max: 2048,
  }),
};

/** The fields of a `train` payload that they give. */
export const trainFields = {
  ...payloadFields(trainSettings),
  /** Classes of fewer rows are left out; absent: 10, or 1% of the rows if that is less. 1 keeps every class. */
  min_class_rows: z.number().int().min(1).optional(),
};

/** The configured values of those fields. */
export function trainValues(values: ValuesOf<typeof trainSettings>) {
  return {
    ...payloadOf(trainSettings, values),
    ...(values.minClassRows > 0 ? { min_class_rows: values.minClassRows } : {}),
  };
}
