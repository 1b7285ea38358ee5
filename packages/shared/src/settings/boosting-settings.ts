import { z } from "zod";
import { payloadFields } from "./payload-fields";
import { integer, positive, real } from "./setting-kinds";

/** Gradient boosting under CatBoost's names. */
export const boostingSettings = {
  iterations: integer({
    doc: "Trees (a class)",
    env: "COLAML_ITERATIONS",
    default: 50,
    min: 1,
    max: 10_000,
    payload: "iterations",
  }),
  learningRate: positive({
    doc: "Shrinkage of each tree",
    env: "COLAML_LEARNING_RATE",
    default: 0.05,
    max: 1,
    payload: "learning_rate",
  }),
  depth: integer({
    doc: "Depth of a tree",
    env: "COLAML_DEPTH",
    default: 6,
    min: 1,
    max: 16,
    payload: "depth",
  }),
  l2LeafReg: real({
    doc: "L2 penalty of leaf values",
    env: "COLAML_L2_LEAF_REG",
    default: 3,
    min: 0,
    max: 1_000_000,
    payload: "l2_leaf_reg",
  }),
  randomSeed: integer({
    doc: "Seed of the trainer",
    env: "COLAML_RANDOM_SEED",
    default: 42,
    min: 0,
    max: 2147483647,
    payload: "random_seed",
  }),
};

/** `boosting` of a payload. */
export const boostingSchema = z.strictObject({
  ...payloadFields(boostingSettings),
  /** Stop when the validation metric has not improved for so many iterations; 0 is off. */
  early_stopping_rounds: z.number().int().min(0).max(10_000).default(0),
  /** `balanced`, or a weight a class by its normalised label; absent is 1 for each. */
  class_weights: z
    .union([z.enum(["none", "balanced"]), z.record(z.string(), z.number().gt(0).max(1e6))])
    .default("none"),
});
export type BoostingSettings = z.infer<typeof boostingSchema>;
