import { isUtf8 } from "node:buffer";
import { type ChunkPlan, textFieldsOf } from "@colaml/shared/contracts/predict-chunk";
import type { Classifier } from "@colaml/shared/learning/model/classifier";
import type { Explain } from "@colaml/shared/learning/model/explain";
import { isWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import { MAX_RECORD_BYTES } from "@colaml/shared/settings/table-values";
import { type Dialect, FORMAT_DELIMITER, LF, NO_QUOTE, QUOTE } from "@colaml/shared/tables/dialect";
import { fieldText } from "@colaml/shared/tables/header";
import { joinedText } from "@colaml/shared/tables/joined-text";
import { RecordScanner, type RecordStatus } from "@colaml/shared/tables/record-scanner";
import type { RejectReason } from "@colaml/shared/tables/rejected-rows";
import { REJECTED } from "./chunk-scorer";
import { jsonRecordReader } from "./json-record";
import { copiedLine, joinPrediction, outputLine } from "./output-columns";
import type { ReadFields, ReadRecord } from "./read-record";

/** A record's line of output, or why it is left out. */
export type ScoredRecord =
  | { line: Buffer; invalidUtf8: boolean; withoutKnownWords: boolean; decision?: number }
  | { reason: RejectReason };

/** Scores one record by way of strings: every format and every setting. */
export class PlainRecord {
  /** At the record to be scored. */
  readonly scanner: RecordScanner;
  readonly #plan: ChunkPlan;
  readonly #classifier: Classifier;
  readonly #explain: Explain | undefined;
  readonly #read: ReadRecord;
  readonly #probabilities: Float64Array;
  readonly #copies: boolean;

  constructor(plan: ChunkPlan, classifier: Classifier, explain?: Explain) {
    this.#plan = plan;
    this.#classifier = classifier;
    this.#probabilities = new Float64Array(classifier.classes.length);
    this.#explain = plan.output.explain > 0 ? explain : undefined;
    this.scanner = scannerFor(plan);
    this.#copies = copiesCells(plan);
    this.#read =
      plan.input.format === "ndjson" ? jsonRecordReader(plan) : (...args) => this.#readFields(...args);
  }

  /** Scores the record that the scanner is at; `number` is its number in the file. */
  score(range: Buffer, status: Exclude<RecordStatus, "end">, number: number): ScoredRecord {
    const read = status === "record" ? this.#read(range, this.scanner) : { reason: REJECTED[status] };
    if ("reason" in read) return read;
    const invalidUtf8 = read.text.includes("\uFFFD") && !this.#textIsUtf8(range);
    const features = this.#classifier.features(read.text);
    const label = this.#classifier.predictFeatures(features, this.#probabilities);
    const decision = this.#classifier.decider?.decide(this.#probabilities, label);
    return {
      line: this.#line(range, read, label, decision, number),
      invalidUtf8,
      withoutKnownWords: isWithoutTerms(features),
      ...(decision !== undefined && { decision }),
    };
  }

  #line(
    range: Buffer,
    read: ReadFields,
    label: number,
    decision: number | undefined,
    record: number,
  ): Buffer {
    const { output, model } = this.#plan;
    const { classes, decider } = this.#classifier;
    const probabilities = this.#probabilities;
    const explanation = this.#explain?.(read.text, label, output.explain);
    const prediction = {
      label: classes[label]!,
      probabilities,
      ...(decision !== undefined && { decision: decider!.names[decision]! }),
      ...(explanation && { explanation }),
    };
    if (!this.#copies) {
      const row = { ...prediction, id: read.id ?? String(record), passThrough: read.passThrough };
      return Buffer.from(outputLine(output, classes, model.version, row));
    }
    const id = this.#plan.input.id;
    const cells = [id ? this.#cell(range, id.place) : Buffer.from(String(record))];
    cells.push(Buffer.from(joinPrediction(output, model.version, prediction)));
    for (const { place } of output.passThrough) cells.push(this.#cell(range, place));
    return copiedLine(output, cells);
  }

  /** A field as it stands in the input, quotes included. */
  #cell(range: Buffer, place: number): Buffer {
    const quote = this.scanner.quoted[place]!;
    return range.subarray(this.scanner.starts[place]! - quote, this.scanner.ends[place]! + quote);
  }

  #textIsUtf8(range: Buffer): boolean {
    const { input } = this.#plan;
    const { starts, ends, recordStart, recordEnd } = this.scanner;
    if (input.text.place < 0) return isUtf8(range.subarray(recordStart, recordEnd));
    return textFieldsOf(input).every(({ place }) => isUtf8(range.subarray(starts[place], ends[place])));
  }

  #readFields(range: Buffer, scanner: RecordScanner): ReturnType<ReadRecord> {
    const { input, output } = this.#plan;
    if (scanner.fieldCount !== input.fields) return { reason: "wrong number of fields" };
    const parts = textFieldsOf(input).map(({ place }) => fieldText(range, scanner, place));
    const text = joinedText(parts, input.missingValues ?? "empty");
    if (text === undefined) return { reason: "no text" };
    return {
      text,
      ...(input.id && { id: fieldText(range, scanner, input.id.place) }),
      passThrough: output.passThrough.map(({ place }) => fieldText(range, scanner, place)),
    };
  }
}

/** Whether input cells are copied byte for byte: the output then is written as the input is. */
export function copiesCells({ input, output }: ChunkPlan): boolean {
  return (
    output.format !== "ndjson" &&
    output.format === input.format &&
    delimiterOf(input) === FORMAT_DELIMITER[output.format] &&
    (input.quote ?? QUOTE) === QUOTE &&
    input.quoteEscape !== "backslash" &&
    input.newline === LF &&
    !output.spreadsheetSafe
  );
}

function delimiterOf({ format, delimiter }: ChunkPlan["input"]): number {
  return delimiter ?? FORMAT_DELIMITER[format];
}

/** The dialect of a plan's input. */
export function dialectOfPlan({ input }: ChunkPlan): Dialect {
  return {
    delimiter: delimiterOf(input),
    newline: input.newline,
    quote: input.quote ?? (input.format === "ndjson" ? NO_QUOTE : QUOTE),
    quoteEscape: input.quoteEscape ?? "double",
    maxRecordBytes: MAX_RECORD_BYTES,
  };
}

/** The scanner of a plan's input. */
export function scannerFor(plan: ChunkPlan): RecordScanner {
  return new RecordScanner(dialectOfPlan(plan), Math.max(1, plan.input.fields));
}
