import type { ChangeExample, ComparedQuality, CompareResult } from "@colaml/shared/contracts/compare";
import type { ForeignLabels } from "@colaml/shared/contracts/monitor";
import { mcnemarTest } from "@colaml/shared/learning/comparison/mcnemar";
import { createClassifier } from "@colaml/shared/learning/model/classifier";
import { LabelChangeCounts } from "@colaml/shared/learning/model/label-changes";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { classCountsOf } from "@colaml/shared/metrics/class-counts";
import { valueOfCounts } from "@colaml/shared/metrics/metric";
import { METRICS } from "@colaml/shared/metrics/metric-table";
import { normaliseLabel } from "@colaml/shared/tables/labels";
import { LabelTally } from "../quality/label-tally";
import { ForeignLabelList } from "../rows/foreign-label-list";
import { maskedExample } from "../rows/masked-example";
import { WordPushes } from "./word-pushes";

/** What one pass over the rows gives. */
export type ComparedRows = Omit<
  CompareResult,
  "baseline" | "challenger" | "summary" | "rejected" | "interval" | "warnings" | "seconds"
> & { foreign: ForeignLabels };

/** One model at work: its probabilities in the order of all classes, those of the other model's own being 0. */
interface Side {
  predict(text: string): { label: string; chance: number; probabilities: Float64Array };
  tally: LabelTally;
}

/** Scores rows by two models and counts how they differ; memory does not grow with the rows. */
export class RowComparison {
  readonly #classes: string[];
  readonly #classOf: Map<string, number>;
  readonly #baseline: Side;
  readonly #challenger: Side;
  readonly #counts = new LabelChangeCounts();
  readonly #pushes: WordPushes;
  readonly #examples: ChangeExample[] = [];
  readonly #mostExamples: number;
  readonly #foreign: ForeignLabelList;
  #rows = 0;
  #labelled = 0;
  #baselineOnly = 0;
  #challengerOnly = 0;

  constructor(baseline: ModelBundle, challenger: ModelBundle, mostExamples: number) {
    // Two equal lists stay as they are: the second class is then the positive one of both.
    this.#classes = [...new Set([...baseline.classes, ...challenger.classes])];
    this.#classOf = new Map(this.#classes.map((name, k) => [name, k]));
    this.#baseline = this.#side(baseline);
    this.#challenger = this.#side(challenger);
    this.#pushes = new WordPushes(baseline, challenger);
    this.#mostExamples = mostExamples;
    this.#foreign = new ForeignLabelList(this.#classes);
  }

  get rows(): number {
    return this.#rows;
  }

  #side(bundle: ModelBundle): Side {
    const classifier = createClassifier(bundle);
    const own = new Float64Array(bundle.classes.length);
    const places = bundle.classes.map((name) => this.#classOf.get(name)!);
    const probabilities = new Float64Array(this.#classes.length);
    return {
      tally: new LabelTally(this.#classes.length),
      predict(text) {
        const k = classifier.predict(text, own);
        for (const [i, place] of places.entries()) probabilities[place] = own[i]!;
        return { label: bundle.classes[k]!, chance: own[k]!, probabilities };
      },
    };
  }

  /** @param label as the file has it; absent: the file has no labels */
  add(text: string, label: string | undefined): void {
    this.#rows++;
    const before = this.#baseline.predict(text);
    const after = this.#challenger.predict(text);
    this.#counts.add(before.label, after.label);
    if (before.label !== after.label) {
      this.#pushes.add(text, before.label, after.label);
      this.#keep(text, before, after);
    }
    const actual = label === undefined ? undefined : normaliseLabel(label);
    if (actual === undefined) return;
    this.#labelled++;
    const k = this.#classOf.get(actual);
    if (k === undefined) this.#foreign.add(actual);
    if (before.label === actual && after.label !== actual) this.#baselineOnly++;
    if (after.label === actual && before.label !== actual) this.#challengerOnly++;
    for (const [side, { label: said, probabilities }] of [
      [this.#baseline, before],
      [this.#challenger, after],
    ] as const) {
      // A label that neither version knows: both are wrong.
      if (k === undefined) side.tally.addForeign(this.#classOf.get(said)!);
      else side.tally.add(k, this.#classOf.get(said)!, probabilities);
    }
  }

  /** Those that both sides are surest of: what a person wants to look at first. */
  #keep(text: string, before: { label: string; chance: number }, after: { label: string; chance: number }) {
    const surety = ({ probabilities }: ChangeExample) => probabilities.baseline + probabilities.challenger;
    const isFull = this.#examples.length >= this.#mostExamples;
    const last = this.#examples.at(-1);
    if (isFull && (!last || before.chance + after.chance <= surety(last))) return;
    this.#examples.push({
      text: maskedExample(text),
      from: before.label,
      to: after.label,
      probabilities: { baseline: before.chance, challenger: after.chance },
    });
    this.#examples.sort((a, b) => surety(b) - surety(a));
    if (this.#examples.length > this.#mostExamples) this.#examples.pop();
  }

  /**
   * @param alpha chance of calling one of two equal versions better
   * @param missingColumn name of the label column, if the file does not have it
   */
  result(alpha: number, missingColumn: string | undefined): ComparedRows {
    return {
      ...this.#counts.result(),
      ...this.#pushes.result(),
      examples: this.#examples,
      labelled: this.#labelled,
      foreign: this.#foreign.labels,
      ...this.#judged(alpha, missingColumn),
    };
  }

  #judged(
    alpha: number,
    missingColumn: string | undefined,
  ): Pick<CompareResult, "quality" | "better"> & { qualityAbsent?: string } {
    if (this.#labelled === 0) {
      const qualityAbsent =
        missingColumn === undefined
          ? "no row has a label"
          : `the file has no column ${JSON.stringify(missingColumn)}`;
      return { better: "undecided", qualityAbsent };
    }
    const [challengerOnly, baselineOnly] = [this.#challengerOnly, this.#baselineOnly];
    const oneSided = [mcnemarTest(challengerOnly, baselineOnly), mcnemarTest(baselineOnly, challengerOnly)];
    // Either version may be the better one: twice the smaller of the two one-sided p.
    const p = Math.min(1, 2 * Math.min(...oneSided.map((side) => side.p)));
    const test = { challengerOnly, baselineOnly, p, alpha };
    const [baseline, challenger] = [this.#baseline, this.#challenger].map(({ tally }): ComparedQuality => {
      const { metrics, intervals, confusion } = tally.quality(this.#classes);
      const macro = valueOfCounts(METRICS.macro_f1, classCountsOf(confusion));
      return { metrics: macro === undefined ? metrics : { ...metrics, macro_f1: macro }, intervals };
    }) as [ComparedQuality, ComparedQuality];
    const winner = challengerOnly > baselineOnly ? "challenger" : "baseline";
    return { quality: { baseline, challenger, test }, better: p < alpha ? winner : "undecided" };
  }
}
