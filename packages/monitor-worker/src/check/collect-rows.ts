import { normaliseLabel } from "@colaml/shared/data/labels";
import type { ReferenceProfile } from "@colaml/shared/model/reference-profile";
import { DriftWindow, type WindowCounts } from "../drift/drift-window";
import type { LabelIndex } from "../labels/label-index";
import { EstimatedQuality } from "../quality/estimated-quality";
import { LabelTally, type RealisedQuality } from "../quality/label-tally";
import { QualitySegments, type Segment } from "../quality/quality-segments";
import type { MonitoredRows } from "../rows/monitored-rows";
import { type MistakeExample, MistakeExamples } from "./masked-example";

/** What one pass over the rows leaves: counts alone. */
export interface Collected {
  rows: number;
  quality: RealisedQuality;
  estimated?: ReturnType<EstimatedQuality["metrics"]>;
  window?: WindowCounts;
  segments: readonly Segment[];
  mistakes: readonly MistakeExample[];
  /** Labels that are no class of the model: how often, and the first of them. */
  foreignLabels: { count: number; first: string[] };
}

export interface CollectOptions {
  classes: readonly string[];
  terms: readonly string[];
  tokenise: (text: string) => string[];
  /** Absent: no drift and no estimate. */
  profile?: ReferenceProfile;
  /** Labels by id, for rows that bring none. */
  late?: LabelIndex;
}

const LISTED_LABELS = 5;

/** Counts batches of rows in one pass; memory does not grow with them. */
export class RowCollector {
  readonly #options: CollectOptions;
  readonly #tally: LabelTally;
  readonly #estimated: EstimatedQuality | undefined;
  readonly #window: DriftWindow | undefined;
  readonly #segments = new QualitySegments();
  readonly #mistakes = new MistakeExamples();
  readonly #classOf: Map<string, number>;
  readonly #foreign = { count: 0, first: [] as string[] };
  #rows = 0;

  constructor(options: CollectOptions) {
    const { classes, terms, tokenise, profile } = options;
    this.#options = options;
    this.#tally = new LabelTally(classes.length);
    this.#estimated = profile && new EstimatedQuality(profile.calibration, classes.length);
    this.#window = profile && new DriftWindow(profile, terms, tokenise);
    this.#classOf = new Map(classes.map((name, k) => [name, k]));
  }

  get rows(): number {
    return this.#rows;
  }

  add(batch: MonitoredRows): void {
    const nClasses = this.#options.classes.length;
    for (let row = 0; row < batch.count; row++) {
      const probabilities = batch.probabilities.subarray(row * nClasses, (row + 1) * nClasses);
      const predicted = batch.predicted[row]!;
      const text = batch.texts?.[row];
      const actual = this.#actualOf(batch, row);
      if (actual !== undefined) {
        this.#tally.add(actual, predicted, probabilities);
        if (actual !== predicted && text !== undefined) {
          const { classes } = this.#options;
          this.#mistakes.add(text, classes[predicted]!, classes[actual]!, probabilities[predicted]!);
        }
      }
      const chance = this.#estimated?.add(predicted, probabilities) ?? probabilities[predicted]!;
      this.#segments.add(actual === undefined ? undefined : actual === predicted, chance);
      this.#window?.addPrediction(predicted, probabilities);
      if (text !== undefined) this.#window?.addText(text);
    }
    this.#rows += batch.count;
  }

  result(): Collected {
    return {
      rows: this.#rows,
      quality: this.#tally.quality(this.#options.classes),
      ...(this.#estimated && this.#rows > 0 ? { estimated: this.#estimated.metrics() } : {}),
      ...(this.#window ? { window: this.#window.counts } : {}),
      segments: this.#segments.segments,
      mistakes: this.#mistakes.list,
      foreignLabels: this.#foreign,
    };
  }

  /** The row's own label, else the late one of its id; undefined where there is none that the model knows. */
  #actualOf(batch: MonitoredRows, row: number): number | undefined {
    const { late } = this.#options;
    const code = late && batch.ids ? late.meet(batch.ids[row]!.trim()) : -1;
    const own = batch.labels ? normaliseLabel(batch.labels[row]!) : undefined;
    const label = own ?? (code >= 0 ? late!.names[code]! : undefined);
    if (label === undefined) return undefined;
    const actual = this.#classOf.get(label);
    if (actual !== undefined) return actual;
    this.#foreign.count++;
    if (this.#foreign.first.length < LISTED_LABELS && !this.#foreign.first.includes(label)) {
      this.#foreign.first.push(label.slice(0, 40));
    }
    return undefined;
  }
}
