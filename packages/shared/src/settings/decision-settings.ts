import { z } from "zod";
import { payloadFields, payloadOf, type ValuesOf } from "./payload-fields";
import { recordByClass } from "./record-by-class";
import { oneOf, real, text } from "./setting-kinds";

const WORD = /^[\p{L}\p{N}_][\p{L}\p{N}_ -]{0,63}$/u;
const WORD_ALLOWED = "1 to 64 letters, digits, _, - and spaces, the first a letter, a digit or _";

/** What may stand in the place of a class: nothing that a table would quote or a spreadsheet would run. */
export const abstainWord = z.string().regex(WORD, `allowed are ${WORD_ALLOWED}`);

/** How probabilities are corrected, and what a model decides beside its label. 0 is off. */
export const decisionSettings = {
  calibration: oneOf({
    doc: "Correct probabilities on the validation rows; auto: by what lowers their log loss, if anything does",
    env: "COLAML_CALIBRATION",
    default: "none",
    choices: ["none", "sigmoid", "isotonic", "auto"],
    payload: "calibration",
  }),
  decide: oneOf({
    doc: "Thresholds of the column decision; f1: the highest F1 (macro F1 of more than two classes)",
    env: "COLAML_DECIDE",
    default: "none",
    choices: ["none", "f1"],
    payload: "decide",
  }),
  minPrecision: real({
    doc: "Thresholds that find the most rows at this precision; 0: off",
    env: "COLAML_MIN_PRECISION",
    default: 0,
    min: 0,
    max: 1,
    payload: "min_precision",
  }),
  minRecall: real({
    doc: "Thresholds of the highest precision at this recall; 0: off",
    env: "COLAML_MIN_RECALL",
    default: 0,
    min: 0,
    max: 1,
    payload: "min_recall",
  }),
  /** A payload holds the matrix itself. */
  costMatrix: text({
    doc: 'Thresholds of the least cost: a JSON file, or JSON as {"actual": {"decided": cost}}; absent costs are 0 on the diagonal, else 1',
    env: "COLAML_COST_MATRIX",
    default: "",
  }),
  abstainBelow: real({
    doc: "Decide nothing if the highest probability is below; 0: off",
    env: "COLAML_ABSTAIN_BELOW",
    default: 0,
    min: 0,
    max: 1,
    payload: "abstain_below",
  }),
  abstainAccuracy: real({
    doc: "Abstain on as few rows as give the others this accuracy; 0: off",
    env: "COLAML_ABSTAIN_ACCURACY",
    default: 0,
    min: 0,
    max: 1,
    payload: "abstain_accuracy",
  }),
  abstainCoverage: real({
    doc: "Decide the surest rows, this share of them, and abstain on the others; 0: off",
    env: "COLAML_ABSTAIN_COVERAGE",
    default: 0,
    min: 0,
    max: 1,
    payload: "abstain_coverage",
  }),
  abstainWord: {
    ...text({
      doc: "What the column decision says of a row that nothing is decided of",
      env: "COLAML_ABSTAIN_WORD",
      default: "abstain",
      payload: "abstain_word",
      payloadType: abstainWord,
    }),
    allowed: WORD_ALLOWED,
    type: abstainWord,
  },
};

/** Cost of deciding a class (inner key) on a row that is of another (outer key), by label. */
export const costMatrixSchema = recordByClass(
  z.string().max(256),
  recordByClass(z.string().max(256), z.number().min(0).max(1e9)),
);
export type CostMatrix = z.infer<typeof costMatrixSchema>;

const decisionFields = z.strictObject({
  ...payloadFields(decisionSettings),
  /** Absent: off. */
  cost_matrix: costMatrixSchema.optional(),
});
export type DecisionSettings = z.infer<typeof decisionFields>;

/** Wishes that each pick thresholds, or the confidence below which the model abstains. */
const ALTERNATIVES = [
  ["decide", "min_precision", "min_recall", "cost_matrix"],
  ["abstain_below", "abstain_accuracy", "abstain_coverage"],
] as const;

const isSet = (value: unknown) => value !== undefined && value !== 0 && value !== "none";

/** Whether a model of these settings decides beside its label. */
export function decides(settings: DecisionSettings): boolean {
  return ALTERNATIVES.flat().some((name) => isSet(settings[name]));
}

/** `decision` of a payload: at most one wish for thresholds, and one for abstaining. */
export const decisionSchema = decisionFields.superRefine((settings, context) => {
  for (const names of ALTERNATIVES) {
    const given = names.filter((name) => isSet(settings[name]));
    if (given.length < 2) continue;
    const message = `give one of ${given.join(", ")}: each of them picks the same value by itself`;
    context.addIssue({ code: "custom", path: [given[1]!], message });
  }
});

/**
 * `decision` of a payload by the configuration.
 *
 * @param costMatrix what the setting of that name stands for; undefined if it is empty
 */
export function decisionPayload(
  values: ValuesOf<typeof decisionSettings>,
  costMatrix: CostMatrix | undefined,
) {
  return { ...payloadOf(decisionSettings, values), ...(costMatrix && { cost_matrix: costMatrix }) };
}
