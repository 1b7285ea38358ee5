import { boostingSettings } from "./boosting-settings";
import { featuresSettings } from "./features-settings";
import type { Group } from "./payload-fields";
import { PRESET_NAMES, type Preset, presetValues } from "./presets";

type Fields = Record<string, unknown>;

/** Fields of a payload that several settings make, or that are written otherwise there. */
const PAIRS = {
  ngram_range: ["features.ngramMin", "features.ngramMax"],
  char_ngram_range: ["features.charNgramMin", "features.charNgramMax"],
} as const;
const SINGLE = {
  char_max_features: "features.charMaxFeatures",
} as const;

const keyed = (group: string, settings: Group, fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, { payload }]) =>
      payload !== undefined && fields[payload] !== undefined ? [[`${group}.${name}`, fields[payload]]] : [],
    ),
  );

/** What a payload gives, by the key of the setting. */
function givenBy(features: Fields, boosting: Fields): Fields {
  const given = {
    ...keyed("features", featuresSettings, features),
    ...keyed("boosting", boostingSettings, boosting),
  };
  for (const [field, keys] of Object.entries(PAIRS))
    for (const key of keys) if (features[field] !== undefined) given[key] = features[field];
  for (const [field, key] of Object.entries(SINGLE))
    if (features[field] !== undefined) given[key] = features[field];
  if (features["analyzer"] !== undefined)
    given["features.analyzer"] = [features["analyzer"]].flat().join(",");
  return given;
}

const ofGroup = (group: string, settings: Group, values: Fields): Fields =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, { payload }]) => {
      const value = values[`${group}.${name}`];
      return payload !== undefined && value !== undefined ? [[payload, value]] : [];
    }),
  );

/**
 * What a preset sets in `features` and `boosting` of a payload, beside what these give.
 *
 * @example presetFields("best", { max_features: 500 }, {}).features // { analyzer: ["word", "char_wb"], ... }
 */
export function presetFields(
  preset: Preset,
  features: Fields = {},
  boosting: Fields = {},
): { features: Fields; boosting: Fields } {
  const values = presetValues(preset, givenBy(features, boosting));
  const set = ofGroup("features", featuresSettings, values);
  for (const [field, [first, second]] of Object.entries(PAIRS))
    if (values[first] !== undefined) set[field] = [values[first], values[second]];
  for (const [field, key] of Object.entries(SINGLE)) if (values[key] !== undefined) set[field] = values[key];
  const analyzer = values["features.analyzer"];
  if (typeof analyzer === "string") set["analyzer"] = analyzer.split(",");
  return { features: set, boosting: ofGroup("boosting", boostingSettings, values) };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A payload of a training as it came, with what its preset sets beside what it gives; anything else as it is. */
export function withPreset(payload: unknown): unknown {
  if (!isFields(payload)) return payload;
  const preset = PRESET_NAMES.find((name) => name === payload["preset"]);
  const { features = {}, boosting = {} } = payload;
  if (preset === undefined || preset === "seed" || !isFields(features) || !isFields(boosting)) return payload;
  const set = presetFields(preset, features, boosting);
  return {
    ...payload,
    features: { ...set.features, ...features },
    boosting: { ...set.boosting, ...boosting },
  };
}
