import { isDeepStrictEqual } from "node:util";
import type { TrialSettings } from "@colaml/shared/contracts/search-space";
import { trainJobSchema } from "@colaml/shared/contracts/train";
import type { TrialOutcome, TuneJob } from "@colaml/shared/contracts/tune";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import { bestTrial, scoreOf } from "./best-trial";
import { type Family, familiesOf, meaningful, narrowedTo, ofAnalyzers, treeProbes } from "./families";
import { learningOnly, neighbourOf, sampleTrials } from "./sample-trials";

/** How a trial ended; undefined as long as it has not. */
export type OutcomeOf = (trial: PlannedTrial) => TrialOutcome | undefined;

/** A trial that is to be run. */
export interface PlannedTrial {
  number: number;
  settings: TrialSettings;
  /** It sees a sample of the training rows only. */
  onSample: boolean;
}

type Unnumbered = Omit<PlannedTrial, "number">;

/** What a search does next. */
export interface SearchPlan {
  /** Every trial so far, and those that are to be run now. */
  trials: PlannedTrial[];
  /** Nothing is left to be run. */
  isComplete: boolean;
  /** How the search went, a line each; complete with the plan. */
  lines: string[];
}

/** Fewer trials than this do not pay for a look at trees on a sample. */
const LEAST_FOR_BOTH = 7;
/** Trials that are added at once near the best: as many as two or four workers take. */
const BATCH = 4;
/** Trees that are further than this below the linear model on the same sample are not trained on all rows. */
const HOPELESS = 0.02;
/** Trees of words, or of characters, that are further than this below the others on the sample are not drawn. */
const LESSER = 0.01;
/** Shares of the trials that are drawn from the linear space and of trees on the sample, by how trees did on it. */
const SHARES = {
  hopeless: { linear: 0.3, trees: 0 },
  near: { linear: 0.3, trees: 0.25 },
  ahead: { linear: 0.15, trees: 0.35 },
  unknown: { linear: 0.6, trees: 0 },
} as const;
/** Less than this is not a gain. */
const LEAST_GAIN = 0.0002;

/**
 * The trials of a job in rounds. First the settings of preset `best`, and two probes of trees on a sample of the rows
 * beside the linear model on the same sample. Then draws from the linear space, and if trees come near, draws of trees
 * on the sample, the best of which are trained on all rows (successive halving, Jamieson and Talwalkar 2016). Then
 * neighbours of the best, until `patience` trials have gained nothing. The same job and outcomes give the same
 * plan, so that it needs no memory of its own.
 *
 * @param outcomeOf how a trial ended; undefined if it has not
 * @param isOver the time of the search is over: nothing is added
 */
export function planTrials(job: TuneJob, outcomeOf: OutcomeOf, isOver: boolean): SearchPlan {
  const families = familiesOf(job);
  if (families === undefined) return planOfOlderRelease(job, outcomeOf);
  const search = new Search(job, families, outcomeOf);
  const rounds = [() => search.starts(), () => search.draws(), () => search.survivors()];
  for (const round of rounds) {
    search.add(round());
    if (!search.hasEnded()) return search.plan(false);
    if (isOver) return search.plan(true, `the time limit of ${job.minutes} min was reached`);
  }
  while (search.left > 0) {
    const idle = search.trialsWithoutGain();
    if (job.patience > 0 && idle >= job.patience)
      return search.plan(true, `stopped: the last ${idle} trials on all rows gained nothing`);
    search.add(search.neighbours());
    if (!search.hasEnded()) return search.plan(false);
    if (isOver) return search.plan(true, `the time limit of ${job.minutes} min was reached`);
  }
  return search.plan(true);
}

/** As older releases searched: the job's own settings, then a Latin hypercube, all at once. */
function planOfOlderRelease(job: TuneJob, outcomeOf: OutcomeOf): SearchPlan {
  const space = job.space ?? {};
  const fixed = Object.entries(space).flatMap(([name, values]) =>
    Array.isArray(values) && values.length === 1 ? [[name, values[0]]] : [],
  );
  const drawn = sampleTrials(space, job.trials - 1, seededRandom(job.random_seed));
  const trials = [Object.fromEntries(fixed) as TrialSettings, ...drawn].map((settings, number) => ({
    number,
    settings,
    onSample: false,
  }));
  return { trials, isComplete: trials.every(outcomeOf), lines: [] };
}

/** What trees promise by what they and the linear model reached on the same sample. */
function promiseOf(trees: number, linear: number): keyof typeof SHARES {
  if (!Number.isFinite(trees) || trees < linear - HOPELESS) return "hopeless";
  return trees > linear ? "ahead" : "near";
}

const onSample = (trial: Unnumbered): Unnumbered => ({ ...trial, onSample: true });

/** A search that goes over the families of a job. */
class Search {
  readonly #job: TuneJob;
  readonly #families: readonly Family[];
  readonly #outcomeOf: OutcomeOf;
  readonly #random: () => number;
  readonly #trials: PlannedTrial[] = [];
  readonly #lines: string[] = [];

  constructor(job: TuneJob, families: readonly Family[], outcomeOf: OutcomeOf) {
    this.#job = job;
    this.#families = families;
    this.#outcomeOf = outcomeOf;
    this.#random = seededRandom(job.random_seed);
  }

  get left(): number {
    return this.#job.trials - this.#trials.length;
  }

  add(trials: readonly Unnumbered[]): void {
    for (const trial of trials.slice(0, this.left))
      this.#trials.push({ number: this.#trials.length, ...trial });
  }

  hasEnded(): boolean {
    return this.#trials.every((trial) => this.#outcomeOf(trial) !== undefined);
  }

  plan(isComplete: boolean, line?: string): SearchPlan {
    const lines = line === undefined ? this.#lines : [...this.#lines, line];
    return { trials: this.#trials, isComplete, lines };
  }

  /** What each family starts from. */
  starts(): Unnumbered[] {
    const [leading, trees] = this.#families as [Family, Family | undefined];
    const first = this.#trial(leading, leading.start);
    const own = this.#ownSettings();
    const full = own ? [first, own] : [first];
    if (trees === undefined || this.#job.trials < LEAST_FOR_BOTH) return full;
    const probes = [...treeProbes(trees).map((settings) => this.#trial(trees, settings)), first];
    return [...full, ...probes.map(onSample)];
  }

  /** Draws from the leading family, and of trees on the sample if the probes came near the linear model. */
  draws(): Unnumbered[] {
    const { trials, metric } = this.#job;
    const [leading, trees] = this.#families as [Family, Family | undefined];
    const sampled = this.#sampled();
    const found = this.#trials[0] && this.#outcomeOf(this.#trials[0])?.settings;
    const narrowed = narrowedTo(leading, found);
    const drawn = (share: number) => this.#drawn(narrowed, Math.min(Math.round(share * trials), this.left));
    // Trees by themselves are drawn on the sample too.
    if (leading.booster === "gbtree" && trials >= LEAST_FOR_BOTH)
      return drawn(SHARES.unknown.linear).map(onSample);
    if (trees === undefined || sampled.length === 0) return drawn(SHARES.unknown.linear);
    const { best, linear, rows } = this.#looks(sampled);
    const promise = promiseOf(best, linear);
    const shown = (value: number) => (Number.isFinite(value) ? Math.abs(value).toFixed(4) : "none");
    this.#lines.push(
      `on ${rows ?? "a sample of"} training rows trees have ${metric} ${shown(best)}, the linear model ${shown(linear)}: ${promise === "hopeless" ? "no more trees were tried" : "more trees were tried"}`,
    );
    const share = SHARES[promise];
    const draws = drawn(share.linear);
    const worth = ofAnalyzers(trees, this.#worthAnalyzers(sampled));
    return [...draws, ...this.#drawn(worth, Math.round(share.trees * trials)).map(onSample)];
  }

  /** The analyzers of the probes of trees that did as well as the better of them, or nearly. */
  #worthAnalyzers(sampled: readonly PlannedTrial[]): unknown[] {
    const probes = sampled.filter(({ settings }) => settings.booster === "gbtree");
    const best = Math.max(...probes.map((trial) => this.#score(trial)));
    return probes
      .filter((trial) => this.#score(trial) >= best - LESSER)
      .map(({ settings }) => settings.analyzer);
  }

  /** The trees that are trained on all rows after their sample: the best third, if there was more than a look. */
  survivors(): Unnumbered[] {
    const sampled = this.#sampled();
    const trees = sampled.filter(({ settings }) => settings.booster === "gbtree");
    const { best, linear } = this.#looks(sampled);
    if (!Number.isFinite(best) || best < linear - HOPELESS) return [];
    const ranked = trees.toSorted((a, b) => this.#score(b) - this.#score(a));
    const kept = ranked.slice(0, Math.max(1, Math.round(trees.length / 3)));
    // On few rows the sample holds all of them.
    return kept
      .filter((trial) => this.#outcomeOf(trial)?.onSample === true)
      .map(({ settings }) => ({ settings, onSample: false }));
  }

  #sampled(): PlannedTrial[] {
    return this.#trials.filter((trial) => trial.onSample);
  }

  /** What trees and the linear model reach on the sample, and on how many rows. */
  #looks(sampled: readonly PlannedTrial[]): { best: number; linear: number; rows: number | undefined } {
    const of = (booster: string) =>
      sampled.filter(({ settings }) => settings.booster === booster).map((trial) => this.#score(trial));
    const reference = sampled.find(({ settings }) => settings.booster === "gblinear");
    return {
      best: Math.max(...of("gbtree")),
      linear: Math.max(...of("gblinear")),
      rows: reference && this.#outcomeOf(reference)?.trainRows,
    };
  }

  /** What a trial reached, such that more is better. */
  #score(trial: PlannedTrial): number {
    return scoreOf(this.#outcomeOf(trial), this.#job.metric) ?? Number.NEGATIVE_INFINITY;
  }

  /** Trials on all rows since the last one that gained something. */
  trialsWithoutGain(): number {
    let highest = Number.NEGATIVE_INFINITY;
    let idle = 0;
    for (const trial of this.#trials) {
      const outcome = this.#outcomeOf(trial);
      if (outcome === undefined || outcome.onSample) continue;
      const value = scoreOf(outcome, this.#job.metric) ?? Number.NEGATIVE_INFINITY;
      idle = value > highest + LEAST_GAIN ? 0 : idle + 1;
      highest = Math.max(highest, value);
    }
    return idle;
  }

  /** Trials near the best one so far: every other one keeps its features. */
  neighbours(): Unnumbered[] {
    const ended = this.#trials.flatMap((trial) => this.#outcomeOf(trial) ?? []);
    const settings = bestTrial(ended, this.#job.metric)?.settings;
    const booster = settings?.booster ?? this.#job.boosting.booster;
    const family = this.#families.find((one) => one.booster === booster) ?? this.#families[0]!;
    const best = { ...family.start, ...settings };
    return Array.from({ length: BATCH }, (_, i) => {
      const near = neighbourOf(best, family.ranges, this.#random);
      return this.#trial(family, i % 2 === 0 ? { ...best, ...learningOnly(near) } : near);
    });
  }

  #drawn(family: Family, n: number): Unnumbered[] {
    return sampleTrials(family.ranges, n, this.#random).map((settings) => this.#trial(family, settings));
  }

  /** What is not searched stays as the family starts. */
  #trial({ booster, start }: Family, settings: TrialSettings): Unnumbered {
    return { settings: meaningful({ ...start, ...settings, booster }), onSample: false };
  }

  /** What the job itself says, if that is not the defaults: a search never ends below it. */
  #ownSettings(): Unnumbered | undefined {
    const { dataset, features, boosting, space } = this.#job;
    const defaults = trainJobSchema.parse({ dataset, boosting: { booster: boosting.booster } });
    const asDefault = isDeepStrictEqual([features, boosting], [defaults.features, defaults.boosting]);
    if (asDefault || space !== undefined) return undefined;
    return { settings: {}, onSample: false };
  }
}
