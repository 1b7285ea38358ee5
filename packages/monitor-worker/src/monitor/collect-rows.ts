import type { ForeignLabels, LeftOutIds, SharesShifted } from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { normaliseLabel } from "@colaml/shared/tables/labels";
import { DriftWindow, type WindowCounts } from "../drift/drift-window";
import type { LabelIndex } from "../labels/label-index";
import { LabelJoin } from "../labels/label-join";
import { EstimatedQuality } from "../quality/estimated-quality";
import { LabelTally, type RealisedQuality } from "../quality/label-tally";
import { QualitySegments, type Segment } from "../quality/quality-segments";
import { ForeignLabelList } from "../rows/foreign-label-list";
import { type MistakeExample, MistakeExamples } from "../rows/masked-example";
import type { MonitoredRows } from "../rows/monitored-rows";
import { RowHashes } from "../rows/row-hash";

/** What one pass over the rows leaves: only counts. */
export interface Collected {
  rows: number;
  /** See `RowSource`. */
  labelsAbsent?: string;
  /** Rows that the model's decision rule abstained on; absent if nothing was decided. */
  abstained?: number;
  quality: RealisedQuality;
  estimated?: ReturnType<EstimatedQuality["metrics"]>;
  estimatedSharesShifted?: SharesShifted;
  window?: WindowCounts;
  segments: readonly Segment[];
  mistakes: readonly MistakeExample[];
  foreignLabels: ForeignLabels;
  /** How rows without a label of their own met the late ones; absent if there were none of either. */
  join?: { joined: number; leftOut: LeftOutIds };
}

export interface CollectOptions {
  classes: readonly string[];
  terms: readonly string[];
  tokenise: (text: string) => string[];
  /** See `MonitoredModel`. */
  holdsNoTerm?: ((text: string) => boolean) | undefined;
  /** Absent: no drift and no estimate. */
  profile?: ReferenceProfile;
  /** Labels by id, for rows that bring none. */
  late?: LabelIndex;
}

/** Counts batches of rows in one pass; memory does not grow with them. */
export class RowCollector {
  readonly #options: CollectOptions;
  readonly #tally: LabelTally;
  readonly #estimated: EstimatedQuality | undefined;
  readonly #window: DriftWindow | undefined;
  readonly #segments = new QualitySegments();
  readonly #mistakes = new MistakeExamples();
  readonly #classOf: Map<string, number>;
  readonly #foreign: ForeignLabelList;
  readonly #join: LabelJoin | undefined;
  #unlabelled = 0;
  #rows = 0;
  #abstained: number | undefined;

  constructor(options: CollectOptions) {
    const { classes, terms, tokenise, holdsNoTerm, profile, late } = options;
    this.#options = options;
    this.#tally = new LabelTally(classes.length);
    this.#estimated = profile && new EstimatedQuality(profile);
    this.#window = profile && new DriftWindow(profile, terms, tokenise, holdsNoTerm);
    this.#classOf = new Map(classes.map((name, k) => [name, k]));
    this.#foreign = new ForeignLabelList(classes);
    this.#join = late && new LabelJoin(late);
  }

  get rows(): number {
    return this.#rows;
  }

  add(batch: MonitoredRows): void {
    const nClasses = this.#options.classes.length;
    const hashes = new RowHashes(batch.probabilities, nClasses);
    for (let row = 0; row < batch.count; row++) {
      const probabilities = batch.probabilities.subarray(row * nClasses, (row + 1) * nClasses);
      const predicted = batch.predicted[row]!;
      const text = batch.texts?.[row];
      const label = this.#labelOf(batch, row, hashes);
      const correct = label === undefined ? undefined : this.#judge(label, predicted, probabilities, text);
      const chance = this.#estimated?.add(predicted, probabilities) ?? probabilities[predicted]!;
      this.#segments.add(correct, chance);
      this.#window?.addPrediction(predicted, probabilities);
      if (text !== undefined) this.#window?.addText(text);
    }
    if (batch.abstained)
      this.#abstained = Array.from(batch.abstained).reduce((sum, flag) => sum + flag, this.#abstained ?? 0);
    this.#rows += batch.count;
  }

  result(): Collected {
    return {
      rows: this.#rows,
      ...(this.#abstained === undefined ? {} : { abstained: this.#abstained }),
      quality: this.#tally.quality(this.#options.classes),
      ...(this.#estimated && this.#rows > 0 ? estimatesOf(this.#estimated) : {}),
      ...(this.#window ? { window: this.#window.counts } : {}),
      segments: this.#segments.segments,
      mistakes: this.#mistakes.list,
      foreignLabels: this.#foreign.labels,
      ...(this.#join && this.#unlabelled > 0
        ? { join: { joined: this.#join.joined, leftOut: this.#join.leftOut } }
        : {}),
    };
  }

  /** The row's own label, else the late one of its id. */
  #labelOf(batch: MonitoredRows, row: number, hashes: RowHashes): string | undefined {
    const own = batch.labels && normaliseLabel(batch.labels[row]!);
    if (own === undefined) this.#unlabelled++;
    if (!this.#join || !batch.ids) return own;
    const id = batch.ids[row]!.trim();
    const hash = hashes.of(row, batch.predicted[row]!, batch.texts?.[row]);
    if (own === undefined) return this.#join.labelOf(id, hash);
    this.#join.pass(id, hash);
    return own;
  }

  /** Whether the prediction is right; a label that is not a class of the model makes it wrong. */
  #judge(label: string, predicted: number, probabilities: Float64Array, text: string | undefined): boolean {
    const actual = this.#classOf.get(label);
    if (actual === undefined) {
      this.#foreign.add(label);
      this.#tally.addForeign(predicted);
      return false;
    }
    this.#tally.add(actual, predicted, probabilities);
    if (actual === predicted) return true;
    if (text !== undefined) {
      const { classes } = this.#options;
      this.#mistakes.add(text, classes[predicted]!, classes[actual]!, probabilities[predicted]!);
    }
    return false;
  }
}

function estimatesOf(estimated: EstimatedQuality) {
  return { estimated: estimated.metrics(), estimatedSharesShifted: estimated.sharesShifted() };
}
