import { resolve } from "node:path";
import { boostingPayload, boostingSettings, foreignTo } from "@colaml/shared/settings/boosting-settings";
import { type ChampionSettings, championSettings } from "@colaml/shared/settings/champion-settings";
import type { Columns } from "@colaml/shared/settings/columns-settings";
import { decisionPayload } from "@colaml/shared/settings/decision-settings";
import { featuresOf } from "@colaml/shared/settings/features-settings";
import { mlflowSettings } from "@colaml/shared/settings/mlflow-settings";
import { modelSettings } from "@colaml/shared/settings/model-settings";
import { payloadOf } from "@colaml/shared/settings/payload-fields";
import { presetFields } from "@colaml/shared/settings/preset-payload";
import { PRESET_NAMES } from "@colaml/shared/settings/presets";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { splitSettings } from "@colaml/shared/settings/split-settings";
import { withStopWordsPath } from "@colaml/shared/settings/stop-word-settings";
import { textColumnsOf } from "@colaml/shared/settings/text-columns";
import { trainValues } from "@colaml/shared/settings/train-settings";
import { analyzerSettings } from "./analyzer-settings";
import { costMatrixOf } from "./cost-matrix";

type Fields = Record<string, unknown>;

/** How a challenger is judged, under the names of the payload. */
export const championPayload = ({ champion }: ColaConfig): Omit<ChampionSettings, "force"> =>
  payloadOf(championSettings, champion);

/** The columns that the configuration names. */
export function configuredColumns({ columns }: ColaConfig): Columns {
  return { ...columns, text: textColumnsOf(columns.text) };
}

/** Every setting of a `train` payload. */
function learningSettings(config: ColaConfig): Fields {
  const features = featuresOf(config.features);
  return {
    columns: configuredColumns(config),
    split: payloadOf(splitSettings, config.split),
    features: {
      ...features,
      stop_words: withStopWordsPath(features.stop_words, (path) => resolve(path)),
      ...analyzerSettings(config),
    },
    boosting: boostingPayload(config.boosting),
    decision: decisionPayload(config.decision, costMatrixOf(config.decision.costMatrix)),
    champion: championPayload(config),
    ...payloadOf(mlflowSettings, config.mlflow),
    ...payloadOf(modelSettings, config.model),
    ...trainValues(config.train),
    max_rejected: config.data.maxRejected,
  };
}

/**
 * What a configuration sets of a `train` payload, beside what payloads have by themselves and what its preset sets: so
 * that a request with another preset, booster or analyzer gets that one's own values, and not the configuration's.
 *
 * @returns a part of a payload
 */
export function givenLearning(config: ColaConfig): Fields {
  const { preset } = config.train;
  const { booster } = config.boosting;
  const { analyzer } = config.features;
  const chosen = { "train.preset": preset, "boosting.booster": booster, "features.analyzer": analyzer };
  const given = differences(learningSettings(config), learningSettings(resolveConfig({ flags: chosen })));
  const ofPreset = resolveConfig({ flags: { "train.preset": preset } });
  // A payload with one analyzer of characters counts other n-grams by itself than the settings do.
  return {
    ...given,
    ...(preset !== resolveConfig().train.preset && { preset }),
    boosting: { ...fieldsOf(given["boosting"]), ...(booster !== ofPreset.boosting.booster && { booster }) },
    features: {
      ...fieldsOf(given["features"]),
      ...(analyzer !== ofPreset.features.analyzer && analyzerSettings(config)),
    },
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The fields that differ, of groups those of their fields that differ. */
function differences(values: Fields, standard: Fields): Fields {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const usual = standard[name];
      if (isSame(value, usual)) return [];
      if (!isFields(value) || !isFields(usual)) return [[name, value]];
      return [
        [name, Object.fromEntries(Object.entries(value).filter(([key]) => !isSame(value[key], usual[key])))],
      ];
    }),
  );
}

/** Groups of a training's payload, whose fields are requested one by one. */
const GROUPS = ["columns", "split", "features", "boosting", "decision", "champion"] as const;
const OF_CHARACTERS = ["char_ngram_range", "char_max_features"];
const OF_WORDS = ["ngram_range", "max_features"];

/**
 * A request for a training with what is given beside it: the request wins, field by field. What means nothing to the
 * booster or the analyzer that come out is left out of what is given.
 */
export function withGivenLearning(given: Fields, request: Fields): Fields {
  const suited = { ...given, ...suitedTo(given, request) };
  const merged = Object.fromEntries(
    GROUPS.flatMap((group) => {
      const wish = request[group];
      if (wish !== undefined && !isFields(wish)) return [[group, wish]];
      const fields = { ...fieldsOf(suited[group]), ...wish };
      return wish === undefined && Object.keys(fields).length === 0 ? [] : [[group, fields]];
    }),
  );
  return { ...suited, ...request, ...merged };
}

function suitedTo(given: Fields, request: Fields): Fields {
  const preset = PRESET_NAMES.find((name) => name === (request["preset"] ?? given["preset"])) ?? "seed";
  const features = { ...fieldsOf(given["features"]), ...fieldsOf(request["features"]) };
  const boosting = { ...fieldsOf(given["boosting"]), ...fieldsOf(request["boosting"]) };
  const set = presetFields(preset, features, boosting);
  const booster = boosting["booster"] ?? set.boosting["booster"] ?? boostingSettings.booster.default;
  const analyzers = [features["analyzer"] ?? set.features["analyzer"] ?? "word"].flat().map(String);
  const unsuited = [
    ...(analyzers.includes("word") ? [] : OF_WORDS),
    ...(analyzers.every((name) => name === "word") ? OF_CHARACTERS : []),
  ];
  const without = (fields: unknown, names: readonly string[]) =>
    Object.fromEntries(Object.entries(fieldsOf(fields)).filter(([name]) => !names.includes(name)));
  const foreign = Object.entries(boostingSettings).flatMap(([name, { payload }]) =>
    payload !== undefined && foreignTo(booster === "gblinear" ? "gblinear" : "gbtree", name) !== undefined
      ? [payload as string]
      : [],
  );
  return { features: without(given["features"], unsuited), boosting: without(given["boosting"], foreign) };
}
