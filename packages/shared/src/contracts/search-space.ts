import { type ZodType, z } from "zod";
import { boostingSettings, regLambdaType } from "../settings/boosting-settings";
import { classWeightsType } from "../settings/class-weights";
import {
  analyzerSettingType,
  charNgramRange,
  featuresSettings,
  ngramRange,
} from "../settings/features-settings";
import { namedStopWords } from "../settings/stop-word-settings";

/**
 * A range of a setting to search (`log`: evenly in the logarithm) or a list to choose from; one value in a list
 * fixes it.
 */
const range = ({ type }: { type: ZodType<number> }) =>
  z.union([
    z
      .strictObject({
        min: type,
        max: type,
        log: z.boolean().default(false),
      })
      .refine(({ min, max }) => min <= max, "min must not be above max")
      .refine(({ min, log }) => !log || min > 0, "a logarithmic range needs min above 0"),
    z.array(type).min(1).max(100),
  ]);

/** Values to choose from; one that is named twice is tried twice as often. */
const choice = <T extends ZodType>(type: T) => z.array(type).min(1).max(100);

/**
 * What a tuning job searches. With `booster` it goes over those boosters, and a name that is absent is searched over the
 * range that suits the booster. Without, the job's booster is searched, and a name that is absent keeps the value of
 * `features` or `boosting`: so older releases wrote it.
 */
export const searchSpaceSchema = z.strictObject({
  booster: choice(boostingSettings.booster.type).optional(),
  learning_rate: range(boostingSettings.learningRate).optional(),
  depth: range(boostingSettings.depth).optional(),
  l2_leaf_reg: range(boostingSettings.l2LeafReg).optional(),
  max_bin: range(boostingSettings.maxBin).optional(),
  reg_lambda: range({ type: regLambdaType }).optional(),
  iterations: range(boostingSettings.iterations).optional(),
  max_features: range(featuresSettings.maxFeatures).optional(),
  char_max_features: range(featuresSettings.charMaxFeatures).optional(),
  min_df: range(featuresSettings.minDf).optional(),
  max_df: range(featuresSettings.maxDf).optional(),
  stop_words: choice(namedStopWords).optional(),
  ngram_range: z.array(ngramRange).min(1).max(15).optional(),
  char_ngram_range: choice(charNgramRange).optional(),
  analyzer: choice(analyzerSettingType).optional(),
  sublinear_tf: choice(z.boolean()).optional(),
  lowercase: choice(z.boolean()).optional(),
  class_weights: choice(classWeightsType).optional(),
});
export type SearchSpace = z.infer<typeof searchSpaceSchema>;

export type Booster = NonNullable<SearchSpace["booster"]>[number];

type ValueOf<S> = S extends (infer V)[] ? V : never;

/** The settings that one trial tries, under their payload names. */
export type TrialSettings = {
  [Name in Exclude<keyof SearchSpace, "reg_lambda">]?: ValueOf<NonNullable<SearchSpace[Name]>>;
} & { reg_lambda?: number | "auto" };

/** What of a space means nothing to a booster. */
const FOREIGN: Readonly<Record<Booster, readonly (keyof SearchSpace)[]>> = {
  gbtree: ["reg_lambda"],
  gblinear: ["depth", "l2_leaf_reg", "max_bin"],
};

/** The names of a space that a booster does not have. */
export function foreignNames(booster: Booster): readonly (keyof SearchSpace)[] {
  return FOREIGN[booster];
}
