import type { Booster, TrialSettings } from "@colaml/shared/contracts/search-space";
import { foreignNames } from "@colaml/shared/contracts/search-space";
import type { TuneJob } from "@colaml/shared/contracts/tune";
import { presetFields } from "@colaml/shared/settings/preset-payload";
import type { Ranges } from "./sample-trials";
import { withinRanges } from "./sample-trials";

/** One booster of a search: the settings that it starts from and what is searched around them. */
export interface Family {
  booster: Booster;
  start: TrialSettings;
  ranges: Ranges;
  /** What the user's space says; it is not narrowed further. */
  given: ReadonlySet<string>;
}

/** How far the penalty and the rounds of a linear model are drawn from those that the first trial found. */
const AROUND = { reg_lambda: 4, iterations: 1.6 } as const;

/** The settings of preset `best`: no search ends below them. */
const LINEAR_START = linearStart();

function linearStart(): TrialSettings {
  const { features, boosting } = presetFields("best");
  return { ...features, ...boosting };
}

const LINEAR_RANGES: Ranges = {
  analyzer: [["word", "char_wb"], ["word", "char_wb"], "char_wb", "word"],
  ngram_range: [
    [1, 1],
    [1, 2],
    [1, 3],
  ],
  max_features: { min: 5_000, max: 50_000, log: true },
  char_ngram_range: [
    [2, 5],
    [1, 4],
    [2, 4],
    [3, 6],
  ],
  char_max_features: { min: 15_000, max: 80_000, log: true },
  stop_words: ["none", "none", "none", "english"],
  sublinear_tf: [true, true, true, false],
  min_df: { min: 1, max: 3, log: false },
  reg_lambda: { min: 1e-7, max: 1e-3, log: true },
  iterations: { min: 6, max: 40, log: true },
};

/**
 * One setting that does well on many sets. Few bins: whether a word is there says nearly all, and trees grow in a third
 * of the time and are better by up to a point (measured on three public sets).
 */
const TREE_START: TrialSettings = {
  booster: "gbtree",
  analyzer: "word",
  ngram_range: [1, 2],
  max_features: 2_000,
  stop_words: "none",
  learning_rate: 0.2,
  depth: 5,
  l2_leaf_reg: 1,
  iterations: 150,
  max_bin: 4,
};

const TREE_RANGES: Ranges = {
  learning_rate: { min: 0.08, max: 0.4, log: true },
  depth: { min: 4, max: 8, log: false },
  l2_leaf_reg: { min: 0.5, max: 10, log: true },
  iterations: { min: 100, max: 300, log: true },
  max_bin: { min: 2, max: 16, log: true },
  analyzer: ["word", "word", "char_wb"],
  max_features: { min: 500, max: 5_000, log: true },
  char_ngram_range: [
    [1, 3],
    [2, 4],
  ],
  char_max_features: { min: 1_000, max: 5_000, log: true },
  stop_words: ["none", "none", "english"],
  ngram_range: [
    [1, 1],
    [1, 2],
  ],
};

/** Metrics that a class of few rows decides as much as any other: weights by class help them as a rule. */
const COUNTS_RARE_CLASSES: ReadonlySet<TuneJob["metric"]> = new Set(["macro_f1", "f1_score", "recall_score"]);

/** The boosters of a search in the order that they are tried; undefined if the job is one of an older release. */
export function familiesOf({ space, boosting, features, metric }: TuneJob): Family[] | undefined {
  if (space !== undefined && space.booster === undefined) return undefined;
  const both: Booster[] = boosting.booster === "gblinear" ? ["gblinear"] : ["gblinear", "gbtree"];
  const boosters = new Set(space?.booster ?? both);
  const { booster: _, ...given } = space ?? {};
  return both
    .concat("gbtree", "gblinear")
    .filter((booster, at, all) => boosters.has(booster) && all.indexOf(booster) === at)
    .map((booster) => {
      const [start, own] = booster === "gblinear" ? [LINEAR_START, LINEAR_RANGES] : [TREE_START, TREE_RANGES];
      const weights: Ranges = {
        class_weights: COUNTS_RARE_CLASSES.has(metric)
          ? ["none", "balanced"]
          : ["none", "none", "none", "balanced"],
      };
      const kept = [...foreignNames(booster), ...(hasOwnStopWords(features) ? ["stop_words"] : [])];
      const ranges = without({ ...weights, ...own, ...given }, kept);
      return {
        booster,
        start: meaningful(withinRanges(without(start, kept), without(given, kept))),
        ranges,
        given: new Set(Object.keys(given)),
      };
    });
}

/** A linear family whose penalty and rounds are drawn near those of a trial. */
export function narrowedTo(family: Family, found: TrialSettings | undefined): Family {
  if (family.booster !== "gblinear") return family;
  const ranges = { ...family.ranges };
  for (const name of ["reg_lambda", "iterations"] as const) {
    const [value, range] = [found?.[name], ranges[name]];
    if (typeof value !== "number" || value <= 0 || range === undefined || Array.isArray(range)) continue;
    if (family.given.has(name)) continue;
    const times = AROUND[name];
    ranges[name] = {
      min: Math.min(range.max, Math.max(range.min, whole(name, value / times))),
      max: Math.max(range.min, Math.min(range.max, whole(name, value * times))),
      log: true,
    };
  }
  return { ...family, ranges };
}

const whole = (name: string, value: number) => (name === "iterations" ? Math.round(value) : value);

/** A family whose trials count only what some of its probes count. */
export function ofAnalyzers(family: Family, analyzers: readonly unknown[]): Family {
  const { analyzer } = family.ranges;
  const kept = analyzer?.filter((one) => analyzers.includes(one)) ?? [];
  return kept.length === 0 ? family : { ...family, ranges: { ...family.ranges, analyzer: kept } };
}

/** Trees of words and trees of characters: whether any trees are worth a search shows here. */
export function treeProbes({ start, ranges, given }: Family): TrialSettings[] {
  const characters: TrialSettings = {
    analyzer: "char_wb",
    char_ngram_range: [2, 4],
    char_max_features: 1_000,
    learning_rate: 0.3,
    iterations: 60,
  };
  if (given.has("analyzer")) return [start];
  return [withinRanges({ ...start, ...characters }, onlyGiven(ranges, given)), start];
}

const onlyGiven = (ranges: Ranges, given: ReadonlySet<string>): Ranges =>
  Object.fromEntries(Object.entries(ranges).filter(([name]) => given.has(name)));

/** Words that the user chose one by one are not searched. */
function hasOwnStopWords({ stop_words }: TuneJob["features"]): boolean {
  return Array.isArray(stop_words) || stop_words.startsWith("file:");
}

function without<T extends object>(settings: T, names: readonly string[]): T {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name))) as T;
}

/** The settings without what means nothing to their analyzers. */
export function meaningful(settings: TrialSettings): TrialSettings {
  const { analyzer } = settings;
  if (analyzer === undefined) return settings;
  const names = [analyzer].flat();
  const foreign = [
    ...(names.includes("word") ? [] : ["max_features", "ngram_range"]),
    ...(names.some((name) => name !== "word") ? [] : ["char_max_features", "char_ngram_range"]),
  ];
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !foreign.includes(name)));
}
