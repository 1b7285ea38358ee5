import { z } from "zod";
import { classWeightsOf, classWeightsType } from "./class-weights";
import { fieldTypes, payloadField, payloadOf, type ValuesOf } from "./payload-fields";
import { integer, oneOf, orAuto, positive, real, text } from "./setting-kinds";

const regLambda = real({
  doc: "L2 penalty of weights, per row; of gblinear only",
  env: "COLAML_REG_LAMBDA",
  default: 0.000002,
  min: 0,
  max: 1_000_000,
  payload: "reg_lambda",
});
/** A penalty that is a number. */
export const regLambdaType = regLambda.type;

/** Boosting under CatBoost's names, and XGBoost's if CatBoost has none. */
export const boostingSettings = {
  booster: oneOf({
    doc: "gbtree: trees; gblinear: a linear model",
    env: "COLAML_BOOSTER",
    default: "gbtree",
    choices: ["gbtree", "gblinear"],
    payload: "booster",
  }),
  iterations: integer({
    doc: "Trees per class, or rounds of gblinear, whose default is 20",
    env: "COLAML_ITERATIONS",
    default: 50,
    min: 1,
    max: 10_000,
    payload: "iterations",
  }),
  learningRate: positive({
    doc: "Shrinkage of each tree, or of each step of gblinear, whose default is 0.5",
    env: "COLAML_LEARNING_RATE",
    default: 0.05,
    max: 1,
    payload: "learning_rate",
  }),
  depth: integer({
    doc: "Depth of a tree; of gbtree only",
    env: "COLAML_DEPTH",
    default: 6,
    min: 1,
    max: 16,
    payload: "depth",
  }),
  l2LeafReg: real({
    doc: "L2 penalty of leaf values; of gbtree only",
    env: "COLAML_L2_LEAF_REG",
    default: 3,
    min: 0,
    max: 1_000_000,
    payload: "l2_leaf_reg",
  }),
  maxBin: integer({
    doc: "Bins per feature that trees look for splits in: fewer are faster, and on text often better; of gbtree only",
    env: "COLAML_MAX_BIN",
    default: 256,
    min: 2,
    max: 256,
    payload: "max_bin",
  }),
  regLambda: orAuto(regLambda),
  regAlpha: real({
    doc: "L1 penalty of weights, per row; of gblinear only",
    env: "COLAML_REG_ALPHA",
    default: 0,
    min: 0,
    max: 1_000_000,
    payload: "reg_alpha",
  }),
  randomSeed: integer({
    doc: "Seed of the trainer",
    env: "COLAML_RANDOM_SEED",
    default: 42,
    min: 0,
    max: 2147483647,
    payload: "random_seed",
  }),
  earlyStoppingRounds: integer({
    doc: "Stop when validation log loss has not improved for this many iterations; 0: never",
    env: "COLAML_EARLY_STOPPING_ROUNDS",
    default: 0,
    min: 0,
    max: 10_000,
    payload: "early_stopping_rounds",
  }),
  /** Its text is JSON if a payload has an object. */
  classWeights: {
    ...text({
      doc: "Weight of each class: none, balanced (rare classes weigh more) or JSON",
      env: "COLAML_CLASS_WEIGHTS",
      default: "none",
      payload: "class_weights",
      payloadType: classWeightsType,
    }),
    allowed: 'none, balanced, or JSON with a number above 0 by label, for example {"spam": 3}',
    type: z.string().refine((value) => classWeightsOf(value) !== undefined),
  },
};
type Name = keyof typeof boostingSettings;
type Booster = (typeof boostingSettings)["booster"]["default"];

/** Defaults of the linear booster that differ from those of trees. */
const LINEAR_DEFAULTS: Readonly<Partial<Record<Name, number>>> = { iterations: 20, learningRate: 0.5 };

/** Settings that only one booster has, and what to do instead. */
const ONLY: Readonly<Partial<Record<Name, { booster: Booster; instead: string }>>> = {
  depth: { booster: "gbtree", instead: "a linear model has no trees: leave it out" },
  l2LeafReg: { booster: "gbtree", instead: "the L2 penalty of a linear model is reg_lambda" },
  maxBin: { booster: "gbtree", instead: "a linear model has no splits: leave it out" },
  regLambda: { booster: "gblinear", instead: "the L2 penalty of trees is l2_leaf_reg" },
  regAlpha: { booster: "gblinear", instead: "trees have no L1 penalty: leave it out" },
};

const NAMES = Object.keys(boostingSettings) as Name[];
const belongsTo = (name: Name, booster: Booster) => (ONLY[name]?.booster ?? booster) === booster;

/** Why a setting means nothing to a booster, in one line; undefined if it has a meaning. */
export function foreignTo(booster: Booster, name: string): string | undefined {
  const only = ONLY[name as Name];
  if (only === undefined || only.booster === booster) return undefined;
  return `is a setting of booster ${only.booster}, the booster is ${booster}: ${only.instead}`;
}

/** The default of a setting under a booster. */
function defaultOf(name: Name, booster: Booster): string | number {
  const own = booster === "gblinear" ? LINEAR_DEFAULTS[name] : undefined;
  return own ?? boostingSettings[name].default;
}

/**
 * The configuration of `boosting` with the booster's own defaults for what nobody gave.
 *
 * @param isGiven whether somebody gave the setting of that name
 */
export function withBoosterDefaults(
  values: ValuesOf<typeof boostingSettings>,
  isGiven: (name: string) => boolean,
): ValuesOf<typeof boostingSettings> {
  const changed = (Object.keys(LINEAR_DEFAULTS) as Name[])
    .filter((name) => !isGiven(name))
    .map((name) => [name, defaultOf(name, values.booster)]);
  return { ...values, ...Object.fromEntries(changed) };
}

/** `boosting` of a payload by the configuration: the settings that the booster has. */
export function boostingPayload(values: ValuesOf<typeof boostingSettings>): Partial<BoostingRequest> {
  const own = NAMES.filter((name) => belongsTo(name, values.booster)).map(
    (name) => boostingSettings[name].payload,
  );
  const fields = Object.entries({
    ...payloadOf(boostingSettings, values),
    class_weights: classWeightsOf(values.classWeights),
  });
  return Object.fromEntries(fields.filter(([field]) => own.some((name) => name === field)));
}

const types = fieldTypes(boostingSettings);
const boostingFields = z.strictObject({
  booster: payloadField(boostingSettings.booster),
  iterations: types.iterations.optional(),
  learning_rate: types.learning_rate.optional(),
  depth: types.depth.optional(),
  l2_leaf_reg: types.l2_leaf_reg.optional(),
  max_bin: types.max_bin.optional(),
  reg_lambda: types.reg_lambda.optional(),
  reg_alpha: types.reg_alpha.optional(),
  random_seed: payloadField(boostingSettings.randomSeed),
  early_stopping_rounds: payloadField(boostingSettings.earlyStoppingRounds),
  class_weights: payloadField(boostingSettings.classWeights).default("none"),
});

/** What a job asks for: complete, but `auto` may stand for a penalty. */
export type BoostingRequest = z.output<typeof boostingFields> & {
  iterations: number;
  learning_rate: number;
};

/** Complete settings: those that the booster has are there, the others are not. */
export type BoostingSettings = Omit<BoostingRequest, "reg_lambda"> & { reg_lambda?: number | undefined };

/** `boosting` of a payload. What is not given takes its booster's default; what means nothing to the booster is refused. */
export const boostingSchema = boostingFields
  .superRefine((given, context) => {
    for (const name of NAMES) {
      const field = boostingSettings[name].payload!;
      const message = given[field] === undefined ? undefined : foreignTo(given.booster, name);
      if (message !== undefined) context.addIssue({ code: "custom", path: [field], message });
    }
  })
  .transform((given): BoostingRequest => {
    const defaults = NAMES.filter((name) => belongsTo(name, given.booster)).map((name) => [
      boostingSettings[name].payload,
      defaultOf(name, given.booster),
    ]);
    const set = Object.entries(given).filter(([, value]) => value !== undefined);
    return Object.fromEntries([...defaults, ...set]) as BoostingRequest;
  });
