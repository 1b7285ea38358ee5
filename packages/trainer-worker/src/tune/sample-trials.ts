import type { SearchSpace, TrialSettings } from "@colaml/shared/contracts/search-space";

/** What is searched: ranges and lists by the name of the setting. */
export type Ranges = Omit<SearchSpace, "booster">;
type Range = NonNullable<SearchSpace["depth"]>;

const RANGES = [
  "learning_rate",
  "depth",
  "l2_leaf_reg",
  "max_bin",
  "reg_lambda",
  "iterations",
  "max_features",
  "char_max_features",
  "min_df",
  "max_df",
] as const;
const CHOICES = [
  "stop_words",
  "ngram_range",
  "analyzer",
  "char_ngram_range",
  "sublinear_tf",
  "lowercase",
  "class_weights",
] as const;
/** Ranges whose values are counts. */
const WHOLE: ReadonlySet<string> = new Set([
  "depth",
  "max_bin",
  "iterations",
  "max_features",
  "char_max_features",
  "min_df",
]);

/** What of a trial's settings says how rows become features: trials that agree in it train on the same matrix. */
const FEATURES: readonly string[] = [
  "max_features",
  "char_max_features",
  "min_df",
  "max_df",
  "stop_words",
  "ngram_range",
  "analyzer",
  "char_ngram_range",
  "sublinear_tf",
  "lowercase",
];

/** How far a neighbour of some settings lies from them, as a share of a range, to both sides. */
const NEAR = 0.25;
/** How often a neighbour has another value of a list. */
const CHANGED = 0.3;

/**
 * A Latin hypercube: every range is cut into as many equal parts as there are trials and each part is tried once, in an
 * order shuffled by range, so that few trials still cover every range (McKay, Beckman and Conover 1979). The same
 * ranges, number and random numbers give the same trials.
 */
export function sampleTrials(ranges: Ranges, trials: number, random: () => number): TrialSettings[] {
  const sampled: Record<string, unknown>[] = Array.from({ length: trials }, () => ({}));
  for (const name of [...RANGES, ...CHOICES]) {
    const range = ranges[name];
    if (range === undefined) continue;
    strata(trials, random).forEach((position, trial) => {
      sampled[trial]![name] = valueAt(name, range, position);
    });
  }
  return sampled as TrialSettings[];
}

/** Settings near others: each number within a quarter of its range, each choice kept as a rule. */
export function neighbourOf(settings: TrialSettings, ranges: Ranges, random: () => number): TrialSettings {
  const near: Record<string, unknown> = {};
  for (const name of [...RANGES, ...CHOICES]) {
    const range = ranges[name];
    if (range === undefined) continue;
    const [change, position] = [random(), random()];
    const value = settings[name];
    if (Array.isArray(range) || typeof value !== "number")
      near[name] = value !== undefined && change > CHANGED ? value : valueAt(name, range, position);
    else near[name] = valueAt(name, range, nearPosition(positionOf(name, range, value), change));
  }
  return near as TrialSettings;
}

/** The settings of a trial without those of its features. */
export function learningOnly(settings: TrialSettings): TrialSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !FEATURES.includes(name)));
}

function nearPosition(position: number, random: number): number {
  return Math.min(1 - 1e-9, Math.max(0, position + (2 * random - 1) * NEAR));
}

/** Settings within the ranges: what a list does not hold is its first value, what a range does not hold its end. */
export function withinRanges(settings: TrialSettings, ranges: Ranges): TrialSettings {
  const allowed: Record<string, unknown> = { ...settings };
  for (const [name, range] of Object.entries(ranges)) {
    const value = allowed[name];
    if (Array.isArray(range)) {
      const has = range.some((one) => JSON.stringify(one) === JSON.stringify(value));
      if (!has) allowed[name] = range[0];
    } else if (range !== undefined && typeof value === "number")
      allowed[name] = Math.min(range.max, Math.max(range.min, value));
  }
  return allowed as TrialSettings;
}

/** One position in [0, 1) in each of n equal parts, in random order. */
function strata(n: number, random: () => number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.map((part) => (part + random()) / n);
}

/** The ends of a range: that of a whole number reaches half a step further, so that its ends are as likely as others. */
function endsOf(name: string, { min, max }: Exclude<Range, unknown[]>): [number, number] {
  return WHOLE.has(name) ? [Math.max(min - 0.5, min / 2), max + 0.5] : [min, max];
}

function positionOf(name: string, range: Exclude<Range, unknown[]>, value: number): number {
  const [low, high] = endsOf(name, range);
  if (high <= low) return 0;
  return range.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function valueAt(name: string, range: Range | readonly unknown[], position: number): unknown {
  if (!("min" in range)) return range[Math.floor(position * range.length)]!;
  const { min, max, log } = range;
  const [low, high] = endsOf(name, range);
  const value = log ? low * (high / low) ** position : low + position * (high - low);
  if (WHOLE.has(name) && Number.isInteger(min)) return Math.min(max, Math.max(min, Math.round(value)));
  return Number(Math.min(max, Math.max(min, value)).toPrecision(4));
}
