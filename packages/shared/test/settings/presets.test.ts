import { trainJobSchema } from "@colaml/shared/contracts/train";
import { presetFields } from "@colaml/shared/settings/preset-payload";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const parse = (more: object) => trainJobSchema.parse({ dataset: { path: "rows.csv" }, ...more });
const BEST = {
  features: {
    analyzer: ["word", "char_wb"],
    ngram_range: [1, 2],
    max_features: 20_000,
    stop_words: "none",
    sublinear_tf: true,
    char_ngram_range: [2, 5],
    char_max_features: 50_000,
  },
  boosting: { booster: "gblinear", learning_rate: 0.5, reg_lambda: "auto", iterations: 20 },
};

describe("the presets of a payload", () => {
  it("seed is the default and changes nothing", () => {
    expect(parse({ preset: "seed" })).toEqual(parse({}));
    expect(parse({})).toMatchObject({
      preset: "seed",
      features: { max_features: 100, stop_words: "english" },
      boosting: { booster: "gbtree", iterations: 50, depth: 6 },
    });
    expect(parse({}).features).not.toHaveProperty("analyzer");
  });

  it("best sets words and characters and a linear model", () => {
    expect(presetFields("best")).toEqual(BEST);
    expect(parse({ preset: "best" })).toMatchObject({ preset: "best", ...BEST });
  });

  it("what a payload gives wins over its preset", () => {
    const given = { features: { max_features: 500, ngram_range: [1, 1] }, boosting: { reg_lambda: 0.001 } };
    const { features, boosting } = parse({ preset: "best", ...given });
    expect(features).toMatchObject({ ...BEST.features, ...given.features });
    expect(boosting).toMatchObject({ ...BEST.boosting, reg_lambda: 0.001 });
  });

  it("another booster or analyzer takes away what the preset says of its own", () => {
    const trees = parse({ preset: "best", boosting: { booster: "gbtree" } });
    expect(trees.boosting).toEqual(parse({}).boosting);
    const words = parse({ preset: "best", features: { analyzer: "word" } });
    expect(words.features).toMatchObject({ max_features: 20_000, ngram_range: [1, 2] });
    expect(words.features).not.toHaveProperty("char_ngram_range");
    const characters = parse({ preset: "best", features: { analyzer: "char_wb" } });
    expect(characters.features).toMatchObject({ max_features: 100, char_max_features: 50_000 });
  });

  it("a checked payload checked again is the same", () => {
    const once = parse({ preset: "best", features: { max_features: 500 } });
    expect(trainJobSchema.parse(once)).toEqual(once);
  });

  it("refuses a preset that is not there, and a mistake beside a preset as without one", () => {
    expect(() => parse({ preset: "better" })).toThrow(/preset/);
    expect(() => parse({ preset: "best", features: 7 })).toThrow(/features/);
    expect(() => parse({ preset: "best", boosting: { depth: 3 } })).toThrow(/depth/);
  });
});

describe("the preset of a configuration", () => {
  it("is named by flag, environment or .env, and sets what nobody gave", () => {
    for (const sources of [
      { flags: { "train.preset": "best" } },
      { env: { COLAML_PRESET: "best" } },
      { dotenv: { COLAML_PRESET: "best" } },
    ]) {
      const { features, boosting } = resolveConfig(sources);
      expect(features).toMatchObject({ analyzer: "word,char_wb", maxFeatures: 20_000, sublinearTf: true });
      expect(boosting).toMatchObject({ booster: "gblinear", regLambda: "auto", iterations: 20 });
    }
  });

  it("a setting given anywhere wins over it, even if it is the default", () => {
    const { features } = resolveConfig({
      flags: { "train.preset": "best" },
      dotenv: { COLAML_MAX_FEATURES: "100" },
    });
    expect(features).toMatchObject({ maxFeatures: 100, ngramMax: 2 });
  });

  it("takes a penalty of the person's own, auto included", () => {
    const flags = { "train.preset": "best", "boosting.regLambda": "0.001" };
    expect(resolveConfig({ flags }).boosting.regLambda).toBe(0.001);
    const auto = { "boosting.booster": "gblinear", "boosting.regLambda": "auto" };
    expect(resolveConfig({ flags: auto }).boosting.regLambda).toBe("auto");
    expect(() => resolveConfig({ flags: { ...auto, "boosting.regLambda": "much" } })).toThrow(/or auto/);
  });
});
