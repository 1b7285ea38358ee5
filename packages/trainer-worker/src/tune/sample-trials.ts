import type { SearchSpace, TrialSettings } from "@colaml/shared/contracts/tune";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

type Range = NonNullable<SearchSpace["depth"]>;
const RANGES = ["learning_rate", "depth", "l2_leaf_reg", "reg_lambda", "iterations", "max_features"] as const;
/** Ranges whose values are counts. */
const WHOLE: ReadonlySet<string> = new Set(["depth", "iterations", "max_features"]);

/**
 * The settings each trial tries. Trial 0 is the job's own settings (nothing changed), so a search never ends below
 * its start. The others are a Latin hypercube: every range is cut into as many equal parts as there are trials and
 * each part is tried once, in an order shuffled by range, so that few trials still cover every range (McKay,
 * Beckman and Conover 1979). The same space, number and seed give the same trials.
 */
export function sampleTrials(space: SearchSpace, trials: number, seed: number): TrialSettings[] {
  const random = seededRandom(seed);
  const drawn = trials - 1;
  const sampled: Record<string, unknown>[] = Array.from({ length: drawn }, () => ({}));
  for (const name of RANGES) {
    const range = space[name];
    if (range === undefined) continue;
    strata(drawn, random).forEach((position, trial) => {
      sampled[trial]![name] = valueAt(range, position, WHOLE.has(name));
    });
  }
  for (const name of ["stop_words", "ngram_range"] as const) {
    const choices = space[name];
    if (choices === undefined) continue;
    strata(drawn, random).forEach((position, trial) => {
      sampled[trial]![name] = choices[Math.floor(position * choices.length)];
    });
  }
  return [startOf(space), ...sampled] as TrialSettings[];
}

/** Trial 0: nothing is changed, but for what the space fixes to one value. */
function startOf(space: SearchSpace): TrialSettings {
  const fixed = Object.entries(space).flatMap(([name, values]) =>
    Array.isArray(values) && values.length === 1 ? [[name, values[0]]] : [],
  );
  return Object.fromEntries(fixed);
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

function valueAt(range: Range, position: number, whole: boolean): number {
  if (Array.isArray(range)) return range[Math.floor(position * range.length)]!;
  const { min, max, log } = range;
  // A whole number's range reaches half a step beyond its ends: they are as likely as the others.
  const [low, high] = whole ? [Math.max(min - 0.5, min / 2), max + 0.5] : [min, max];
  const value = log ? low * (high / low) ** position : low + position * (high - low);
  if (whole) return Math.min(max, Math.max(min, Math.round(value)));
  return Number(Math.min(max, Math.max(min, value)).toPrecision(4));
}
