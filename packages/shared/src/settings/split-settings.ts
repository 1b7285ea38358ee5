import { z } from "zod";
import { payloadFields } from "./payload-fields";
import { flag, integer, share } from "./setting-kinds";

/** How rows are shared out over training, validation and test. */
export const splitSettings = {
  testSize: share({
    doc: "Share of rows for the test",
    env: "COLAML_TEST_SIZE",
    default: 0.3,
    payload: "test_size",
  }),
  validationSize: share({
    doc: "Share of the remainder for validation",
    env: "COLAML_VALIDATION_SIZE",
    default: 0.3,
    payload: "validation_size",
  }),
  randomSeed: integer({
    doc: "Seed of the split",
    env: "COLAML_SPLIT_SEED",
    default: 42,
    min: 0,
    max: 4294967295,
    payload: "random_seed",
  }),
  stratify: flag({
    doc: "Keep the classes' shares in each part",
    env: "COLAML_STRATIFY",
    payload: "stratify",
  }),
};

/** `split` of a payload: settings that people know from scikit-learn keep the names they have there. */
export const splitSchema = z.strictObject(payloadFields(splitSettings));
export type SplitSettings = z.infer<typeof splitSchema>;
