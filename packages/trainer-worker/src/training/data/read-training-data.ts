import type { JobProgress } from "@colaml/shared/contracts/progress";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { TextFingerprint } from "@colaml/shared/learning/data/row-fingerprint";
import { PART } from "@colaml/shared/learning/data/split";
import { CsrBuilder, type CsrMatrix } from "@colaml/shared/learning/text/csr-matrix";
import { type FittedVocabulary, fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import type { DatasetReader } from "@colaml/shared/tables/dataset-reader";
import type { RowPlan } from "./plan-rows";

/** Held-out rows profiled at most, evenly spaced: enough for shares to 0.2 points, and little memory. */
const MAX_PROFILED_ROWS = 100_000;

/** Texts handed to `onSampledText` at most: enough to tell a language. */
const MAX_SAMPLED_TEXTS = 2_000;

/** The rows of one part. */
export interface PartRows {
  matrix: CsrMatrix;
  /** Class index of each row. */
  classOf: Uint16Array;
}

/** Held-out rows picked for the reference profile, in file order. */
export interface ProfiledTexts {
  /** Where a row's features are: the part (`PART`) and the row within it. */
  part: Uint8Array;
  row: Uint32Array;
  textLength: Uint32Array;
  tokens: Uint32Array;
  unknownTokens: Uint32Array;
}

export interface TrainingData {
  vocabulary: FittedVocabulary;
  train: PartRows;
  validation: PartRows;
  test: PartRows;
  profiled: ProfiledTexts;
  /** Fingerprints of the texts of the training and validation rows. */
  seen: FingerprintSet;
  /** 1 for each test row whose text is among them. */
  testSeen: Uint8Array;
}

export interface ReadHooks {
  progress: (progress: JobProgress) => void;
  signal: AbortSignal;
  /** Called with the fitted vocabulary before any matrix is allocated: may refuse. */
  onVocabulary?: (vocabulary: FittedVocabulary) => void;
  /** Called with some texts of training rows, evenly spaced. */
  onSampledText?: (text: string) => void;
}

/**
 * Two more passes after `planRows`: the vocabulary of the training rows, then the features of every row.
 * Texts are never kept: memory grows by 8 bytes per feature value, by 6 bytes per row, and by 12 to 23 bytes per
 * training and validation row for the fingerprints of their texts.
 *
 * @throws ColaError PARAMETER_INVALID (no word remains), JOB_CANCELLED, and what reading throws
 */
export async function readTrainingData(
  reader: DatasetReader,
  plan: RowPlan,
  features: TfidfSettings,
  hooks: ReadHooks,
): Promise<TrainingData> {
  const seen = new FingerprintSet(plan.rows.train + plan.rows.validation);
  const fingerprint = new TextFingerprint();
  const every = Math.max(1, Math.ceil(plan.rows.train / MAX_SAMPLED_TEXTS));
  let trained = 0;
  const vocabulary = await fitVocabulary(features, (builder) =>
    eachRow(reader, plan, hooks, "fit", (bytes, start, end, part) => {
      if (part === PART.train) {
        builder.addBytes(bytes, start, end);
        if (trained++ % every === 0) hooks.onSampledText?.(bytes.toString("utf8", start, end));
      }
      if (part === PART.train || part === PART.validation) seen.add(fingerprint.of(bytes, start, end));
    }),
  );
  hooks.onVocabulary?.(vocabulary);
  return { seen, ...(await transformRows(reader, plan, features, vocabulary, seen, hooks)) };
}

async function transformRows(
  reader: DatasetReader,
  plan: RowPlan,
  features: TfidfSettings,
  vocabulary: FittedVocabulary,
  seen: FingerprintSet,
  hooks: ReadHooks,
): Promise<Omit<TrainingData, "seen">> {
  const transform = new TfidfTransform({ features, ...vocabulary });
  const { train, validation, test } = plan.rows;
  const stored = vocabulary.documentFrequency.reduce((sum, df) => sum + df, 0);
  const perRow = Math.ceil(stored / train) + 1;
  const parts = [train, validation, test].map((rows) => ({
    builder: new CsrBuilder(vocabulary.terms.length, rows, perRow),
    classOf: new Uint16Array(rows),
  }));
  const profile = new ProfilePicker(validation + test);
  const testSeen = new Uint8Array(test);
  const fingerprint = new TextFingerprint();
  let row = 0;
  await eachRow(reader, plan, hooks, "transform", (bytes, start, end, part) => {
    const label = plan.classOf[row++]!;
    if (part > PART.test) return;
    const { builder, classOf } = parts[part]!;
    transform.transformBytes(bytes, start, end);
    classOf[builder.nRows] = label;
    if (part === PART.test && seen.has(fingerprint.of(bytes, start, end))) testSeen[builder.nRows] = 1;
    if (part !== PART.train) profile.offer(part, builder.nRows, transform, bytes, start, end);
    builder.add(transform.indices, transform.values, transform.count);
  });
  const [trained, validated, tested] = parts.map(({ builder, classOf }) => ({
    matrix: builder.build(),
    classOf,
  }));
  return {
    vocabulary,
    train: trained!,
    validation: validated!,
    test: tested!,
    profiled: profile.build(),
    testSeen,
  };
}

type VisitRow = (bytes: Buffer, start: number, end: number, part: number) => void;

async function eachRow(
  reader: DatasetReader,
  plan: RowPlan,
  { progress, signal }: ReadHooks,
  stage: string,
  visit: VisitRow,
): Promise<void> {
  const total = plan.partOf.length;
  let row = 0;
  for await (const block of reader.blocks()) {
    if (signal.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
    const { bytes, textStart, textEnd, count } = block;
    for (let i = 0; i < count; i++) visit(bytes, textStart[i]!, textEnd[i]!, plan.partOf[row++]!);
    progress({ stage, done: row, total, unit: "rows" });
  }
}

/** Notes length and tokens of evenly spaced held-out rows. */
class ProfilePicker {
  readonly #every: number;
  #offered = 0;
  #taken = 0;
  readonly #texts: ProfiledTexts;

  constructor(heldOut: number) {
    this.#every = Math.max(1, Math.ceil(heldOut / MAX_PROFILED_ROWS));
    const size = Math.ceil(heldOut / this.#every);
    this.#texts = {
      part: new Uint8Array(size),
      row: new Uint32Array(size),
      textLength: new Uint32Array(size),
      tokens: new Uint32Array(size),
      unknownTokens: new Uint32Array(size),
    };
  }

  offer(
    part: number,
    row: number,
    transform: TfidfTransform,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    if (this.#offered++ % this.#every !== 0) return;
    const at = this.#taken++;
    this.#texts.part[at] = part;
    this.#texts.row[at] = row;
    this.#texts.textLength[at] = bytes.toString("utf8", start, end).length;
    this.#texts.tokens[at] = transform.tokens;
    this.#texts.unknownTokens[at] = transform.outOfVocabulary;
  }

  build(): ProfiledTexts {
    return this.#texts;
  }
}
