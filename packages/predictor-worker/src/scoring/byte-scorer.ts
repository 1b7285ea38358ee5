import { type ChunkPlan, textFieldsOf } from "@colaml/shared/contracts/predict-chunk";
import type { Classifier } from "@colaml/shared/learning/model/classifier";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { CharacterMeanings } from "@colaml/shared/learning/text/character-meanings";
import { featureParts } from "@colaml/shared/learning/text/feature-parts";
import { MAX_RECORD_BYTES } from "@colaml/shared/settings/table-values";
import { LF } from "@colaml/shared/tables/dialect";
import { MISSING_BOUNDS } from "@colaml/shared/tables/missing-values";
import { DELIMITER, formatCell } from "@colaml/shared/tables/written-cell";
import type { ChunkScorer, RangeOrigin, ScoredRange } from "./chunk-scorer";
import { PROBABILITY_BYTES } from "./decimal";
import type { Kernel } from "./kernel/kernel";
import {
  PAGE_SIZE,
  SLACK,
  STOPPED_CHARACTER_PAGE,
  STOPPED_END,
  STOPPED_OUTPUT,
  STOPPED_PAGE,
} from "./kernel/kernel-facts";
import { kernelCounts } from "./kernel/place-features";
import { kernelOf } from "./kernel/place-model";
import { copiesCells, PlainRecord } from "./plain-record";
import { RejectedLines } from "./rejected-lines";
import { WIDE_PAGES, WideCharacters } from "./wide-characters";

/** A page: an i32 for each of its code points. */
const PAGE_BYTES = PAGE_SIZE * 4;
/** A table of pages and room for each of them. */
const PAGES_BYTES = WIDE_PAGES * (4 + PAGE_BYTES);
/** Least bytes the room for output grows by. */
const OUTPUT_STEP = 1 << 20;

/**
 * Scores CSV or TSV without making strings, in WebAssembly: `kernel/kernel.ts` writes the lines of plain records,
 * `PlainRecord` those of all others. Input cells are copied byte for byte. The same bytes as `PlainScorer` gives.
 */
export class ByteScorer implements ChunkScorer {
  readonly #kernel: Kernel;
  readonly #plain: PlainRecord;
  readonly #wide: WideCharacters;
  readonly #characters: CharacterMeanings;
  readonly #rejected = new RejectedLines();
  /** What a model with a decision rule may decide; 0 without one. */
  readonly #decisions: number;
  /** Where a range is laid; its output comes behind it. */
  readonly #input: number;
  #invalidUtf8 = 0;
  /** Lines of the range before `#linesAt`: counted when a record is rejected. */
  #lines = 0;
  #linesAt = 0;

  private constructor(plan: ChunkPlan, bundle: ModelBundle, classifier: Classifier) {
    this.#kernel = kernelOf(bundle);
    this.#plain = new PlainRecord(plan, classifier);
    const [part] = featureParts(bundle.features);
    this.#wide = new WideCharacters(part!);
    this.#characters = new CharacterMeanings(part!);
    this.#decisions = classifier.decider?.names.length ?? 0;
    placePlan(this.#kernel, plan, classifier.decider?.names ?? bundle.classes, bundle.classes.length);
    this.#input = this.#kernel.used;
  }

  /** A scorer of a plan, or undefined if the plan or the model's features need strings. */
  static of(plan: ChunkPlan, bundle: ModelBundle, classifier: Classifier): ByteScorer | undefined {
    if (!copiesCells(plan) || plan.output.explain > 0) return undefined;
    if (!kernelCounts(bundle)) return undefined;
    return new ByteScorer(plan, bundle, classifier);
  }

  score(range: Buffer, origin: RangeOrigin): ScoredRange {
    const kernel = this.#kernel;
    const { exports } = kernel;
    this.#open(range, origin);
    for (let stop = exports.score(); stop !== STOPPED_END; stop = exports.score()) {
      if (stop === STOPPED_PAGE) this.#placePage(exports.pages.value, exports.pageWanted.value, this.#wide);
      else if (stop === STOPPED_CHARACTER_PAGE)
        this.#placePage(exports.characterPages.value, exports.pageWanted.value, this.#characters);
      else if (stop === STOPPED_OUTPUT) this.#growOutput(range.length);
      else if (!this.#scorePlain(range, origin)) break;
    }
    const outputStart = this.#outputStart(range.length);
    return {
      output: kernel.bytes(outputStart, exports.output.value - outputStart),
      ...this.#rejected.take(),
      rows: exports.rows.value,
      invalidUtf8: this.#invalidUtf8,
      withoutKnownWords: exports.rowsWithoutTerms.value,
      ...(this.#decisions > 0 && { decisions: Array.from(this.#decisionCounts()) }),
    };
  }

  /** How often each decision was made in the range. */
  #decisionCounts(): Uint32Array {
    const { memory, decisionCounts } = this.#kernel.exports;
    return new Uint32Array(memory.buffer, decisionCounts.value, this.#decisions);
  }

  /** Lays the range in. */
  #open(range: Buffer, origin: RangeOrigin): void {
    const kernel = this.#kernel;
    const { exports } = kernel;
    const outputStart = this.#outputStart(range.length);
    kernel.reach(outputStart);
    kernel.bytes(this.#input, range.length).set(range);
    exports.at.value = this.#input;
    exports.end.value = this.#input + range.length;
    exports.output.value = outputStart;
    exports.outputEnd.value = exports.memory.buffer.byteLength - SLACK;
    exports.records.value = 0n;
    exports.recordsBefore.value = BigInt(origin.firstRow);
    exports.rows.value = 0;
    exports.rowsWithoutTerms.value = 0;
    if (this.#decisions > 0) this.#decisionCounts().fill(0);
    this.#invalidUtf8 = 0;
    this.#lines = 0;
    this.#linesAt = 0;
  }

  #outputStart(rangeBytes: number): number {
    return this.#input + rangeBytes + SLACK;
  }

  /** Scores the record that the kernel stopped at as strings. False if there is none any more. */
  #scorePlain(range: Buffer, origin: RangeOrigin): boolean {
    const { exports } = this.#kernel;
    const { scanner } = this.#plain;
    scanner.open(range, exports.at.value - this.#input);
    const status = scanner.next();
    exports.at.value = this.#input + scanner.position;
    if (status === "end") return false;
    exports.records.value++;
    const number = origin.firstRow + Number(exports.records.value);
    const scored = this.#plain.score(range, status, number);
    if ("reason" in scored) this.#reject(origin.firstLine, scored.reason);
    else {
      this.#write(scored.line);
      if (scored.invalidUtf8) this.#invalidUtf8++;
      if (scored.withoutKnownWords) exports.rowsWithoutTerms.value++;
      if (scored.decision !== undefined) this.#decisionCounts()[scored.decision]!++;
    }
    return true;
  }

  #write(line: Buffer): void {
    const { exports } = this.#kernel;
    if (exports.output.value + line.length > exports.outputEnd.value) this.#growOutput(line.length);
    this.#kernel.bytes(exports.output.value, line.length).set(line);
    exports.output.value += line.length;
    exports.rows.value++;
  }

  #reject(firstLine: number, reason: string): void {
    const { recordStart } = this.#plain.scanner;
    const { exports } = this.#kernel;
    this.#lines += exports.countByte(this.#input + this.#linesAt, this.#input + recordStart, LF);
    this.#linesAt = recordStart;
    this.#rejected.add(firstLine + this.#lines, reason);
  }

  /** Lays in what the characters of a page become. */
  #placePage(pages: number, page: number, meanings: { page(page: number): Int32Array }): void {
    // pages have their own place: the range and the output are not moved
    const place = pages + WIDE_PAGES * 4 + page * PAGE_BYTES;
    this.#kernel.bytes(place, PAGE_BYTES).set(new Uint8Array(meanings.page(page).buffer));
    this.#kernel.bytes(pages, WIDE_PAGES * 4).writeUInt32LE(place, page * 4);
  }

  /** Room for at least this many more bytes. */
  #growOutput(bytes: number): void {
    const { exports } = this.#kernel;
    this.#kernel.reach(exports.outputEnd.value + Math.max(bytes, OUTPUT_STEP));
    exports.outputEnd.value = exports.memory.buffer.byteLength - SLACK;
  }
}

/**
 * Sets what the kernel needs to know of a plan.
 *
 * @param names the classes, and behind them the word for abstaining of a model with a decision rule
 */
function placePlan(
  kernel: Kernel,
  { input, output, model }: ChunkPlan,
  names: readonly string[],
  nClasses: number,
): void {
  const { exports } = kernel;
  const format = output.format as "csv" | "tsv";
  const delimiter = DELIMITER[format];
  exports.delimiter.value = delimiter.charCodeAt(0);
  exports.fieldsWanted.value = input.fields;
  exports.fieldPlaces.value = kernel.reserve(input.fields * 8);
  exports.maxRecordBytes.value = MAX_RECORD_BYTES;
  const texts = textFieldsOf(input);
  exports.textFields.value = kernel.place(Int32Array.from(texts, ({ place }) => place));
  exports.textFieldCount.value = texts.length;
  if (texts.length > 1) exports.joined.value = kernel.reserve(MAX_RECORD_BYTES);
  exports.missingBytes.value = input.missingValues === "pandas" ? MISSING_BOUNDS.bytes : 0;
  exports.idField.value = input.id?.place ?? -1;
  const version = Buffer.from(`${delimiter}${model.version}`);
  exports.version.value = kernel.place(version);
  exports.versionBytes.value = version.length;
  const cells = names.map((name) => Buffer.from(formatCell(name, format)));
  exports.classCells.value = kernel.place(
    Uint32Array.from(cells.flatMap((cell) => [kernel.place(cell), cell.length])),
  );
  exports.copied.value = kernel.place(Int32Array.from(output.passThrough, ({ place }) => place));
  exports.copiedCount.value = output.passThrough.length;
  const longestName = Math.max(...cells.map((cell) => cell.length));
  // each copy may write a block too much
  exports.lineBytes.value =
    SLACK * 5 +
    2 * (1 + longestName) +
    version.length +
    nClasses * (1 + PROBABILITY_BYTES) +
    output.passThrough.length * 17;
  exports.lineRecords.value = 1 + output.passThrough.length;
  exports.pages.value = kernel.reserve(PAGES_BYTES);
  if (exports.parts.value > 0) exports.characterPages.value = kernel.reserve(PAGES_BYTES);
}
