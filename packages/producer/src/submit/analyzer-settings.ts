import type { TrainJobInput } from "@colaml/shared/contracts/train";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { Analyzer } from "@colaml/shared/settings/features-settings";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { flagOf } from "@colaml/shared/settings/setting-flag";

const OF_WORDS = ["features.maxFeatures", "features.ngramMin", "features.ngramMax"];
const OF_CHARACTERS = ["features.charMaxFeatures", "features.charNgramMin", "features.charNgramMax"];

/**
 * What a payload says of analyzers and accents; nothing if words are counted as they are.
 *
 * @throws ColaError PARAMETER_INVALID for a setting of words or of characters if these are not counted
 */
export function analyzerSettings({ features }: Pick<ColaConfig, "features">): TrainJobInput["features"] {
  const analyzers = features.analyzer.split(",") as Analyzer[];
  const countsWords = analyzers.includes("word");
  const countsCharacters = analyzers.some((name) => name !== "word");
  if (!countsWords) checkUnset(features, OF_WORDS);
  if (!countsCharacters) checkUnset(features, OF_CHARACTERS);
  return {
    ...(countsCharacters && {
      analyzer: analyzers.length === 1 ? analyzers[0] : analyzers,
      char_ngram_range: [features.charNgramMin, features.charNgramMax],
      char_max_features: features.charMaxFeatures,
    }),
    ...(features.stripAccents !== "none" && { strip_accents: features.stripAccents as "unicode" }),
  };
}

/** A setting that would do nothing must have its default. */
function checkUnset(features: ColaConfig["features"], keys: readonly string[]): void {
  for (const setting of SETTINGS.filter(({ key }) => keys.includes(key))) {
    const value = features[setting.key.replace("features.", "") as keyof ColaConfig["features"]];
    if (value === setting.default) continue;
    const [counted, other] = keys === OF_WORDS ? ["words", "word"] : ["characters", "char_wb"];
    throw new ColaError(
      "PARAMETER_INVALID",
      `--${flagOf(setting)} ${value} is of ${counted}, which --analyzer ${features.analyzer} does not count: leave it at ${setting.default}, or add ${other} to --analyzer`,
    );
  }
}
