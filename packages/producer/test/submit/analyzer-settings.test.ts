import { trainPayload } from "@colaml/producer/submit/payloads";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const featuresOf = (flags: Record<string, unknown>) =>
  trainPayload(resolveConfig({ flags }), "rows.csv").features;

describe("the analyzers of a payload", () => {
  it("are not named if words are counted as they are, as in older releases", () => {
    const features = featuresOf({});
    for (const name of ["analyzer", "strip_accents", "char_ngram_range", "char_max_features"]) {
      expect(features).not.toHaveProperty(name);
    }
  });

  it("stand side by side, each with its own n-grams and number of features", () => {
    const flags = {
      "features.analyzer": "word,char_wb",
      "features.ngramMax": "2",
      "features.maxFeatures": "20000",
      "features.charNgramMax": "4",
      "features.stripAccents": "unicode",
    };
    expect(featuresOf(flags)).toMatchObject({
      analyzer: ["word", "char_wb"],
      ngram_range: [1, 2],
      max_features: 20_000,
      char_ngram_range: [2, 4],
      char_max_features: 50_000,
      strip_accents: "unicode",
    });
    expect(featuresOf({ "features.analyzer": "char" })).toMatchObject({
      analyzer: "char",
      char_ngram_range: [2, 5],
    });
  });

  it.each([
    [
      { "features.charNgramMax": "3" },
      /--char-ngram-max 3 .*--analyzer word .*leave it at 5, or add char_wb/,
    ],
    [
      { "features.analyzer": "char_wb", "features.ngramMax": "2" },
      /--ngram-max 2 .*--analyzer char_wb .*leave it at 1, or add word/,
    ],
  ])("refuse a setting of what is not counted: %j", (flags, message) => {
    expect(() => featuresOf(flags)).toThrow(
      expect.objectContaining({ code: "PARAMETER_INVALID", message: expect.stringMatching(message) }),
    );
  });

  it.each([
    [{ analyzer: ["word", "word"] }, /analyzer.*twice/],
    [{ analyzer: "word", char_max_features: 10 }, /need the analyzer char/],
    [{ analyzer: "char", char_ngram_range: [3, 2] }, /shortest n-gram is longer/],
  ])("of a payload are refused if they do not fit together: %j", (features, message) => {
    expect(() => trainPayload(resolveConfig({}), "rows.csv", { features: features as object })).toThrow(
      expect.objectContaining({ code: "JOB_INVALID", message: expect.stringMatching(message) }),
    );
  });
});
