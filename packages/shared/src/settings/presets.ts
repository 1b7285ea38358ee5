/**
 * What each preset sets, by the key of the setting. Whatever a person gives wins over it. `seed` sets nothing: the
 * defaults of the settings are its values.
 */
export const PRESETS = {
  seed: {},
  best: {
    "features.analyzer": "word,char_wb",
    "features.ngramMin": 1,
    "features.ngramMax": 2,
    "features.maxFeatures": 20_000,
    "features.stopWords": "none",
    "features.sublinearTf": true,
    "features.charNgramMin": 2,
    "features.charNgramMax": 5,
    "features.charMaxFeatures": 50_000,
    "boosting.booster": "gblinear",
    "boosting.learningRate": 0.5,
    "boosting.regLambda": "auto",
    /** At most: the rounds that are kept are chosen with the penalty. */
    "boosting.iterations": 20,
  },
} as const satisfies Record<string, Readonly<Record<string, unknown>>>;

export type Preset = keyof typeof PRESETS;

export const PRESET_NAMES = ["seed", "best"] as const satisfies readonly Preset[];

/** Settings that mean nothing if words, or characters, are not counted. */
const OF_WORDS = ["features.ngramMin", "features.ngramMax", "features.maxFeatures"];
const OF_CHARACTERS = ["features.charNgramMin", "features.charNgramMax", "features.charMaxFeatures"];

/**
 * What a preset sets beside what is given, by the key of the setting. A given booster takes away what the preset says
 * of its own, given analyzers what it says of those that are left out.
 *
 * @param given values that somebody gave, by key
 * @example presetValues("best", { "features.maxFeatures": 500 })["features.maxFeatures"] // undefined
 */
export function presetValues(
  preset: Preset,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const table: Readonly<Record<string, unknown>> = PRESETS[preset];
  const booster = given["boosting.booster"];
  const analyzers = String(given["features.analyzer"] ?? table["features.analyzer"]).split(",");
  const withoutOwn = booster !== undefined && booster !== table["boosting.booster"];
  const has = (key: string) =>
    given[key] === undefined &&
    !(withoutOwn && key.startsWith("boosting.")) &&
    !(OF_WORDS.includes(key) && !analyzers.includes("word")) &&
    !(OF_CHARACTERS.includes(key) && analyzers.every((name) => name === "word"));
  return Object.fromEntries(Object.entries(table).filter(([key]) => has(key)));
}
