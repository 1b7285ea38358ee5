import { ColaError } from "../../errors/cola-error";
import { createTokenSpans } from "./create-token-spans";
import type { FeaturePart } from "./feature-parts";
import { type FrequentTerms, mostFrequentTerms } from "./most-frequent-terms";
import { sortTerms } from "./term-order";
import { TermTable } from "./term-table";
import type { TokenSpans } from "./token-spans";
import { sketchVocabulary, type VocabularySketchData, type WordFrequency } from "./vocabulary-sketch";

/** Terms kept while counting: beyond it the rarest are let go. About 60 bytes each: 130 MB. */
const MAX_COUNTED_TERMS = 1 << 21;

/** What fitting finds out. Columns are in ascending order of code points, as scikit-learn's. */
export interface Vocabulary {
  /** nTerms. */
  terms: string[];
  /** nTerms; all 1 when `use_idf` is off. */
  idf: Float64Array;
  /** Documents that hold each term: nTerms. */
  documentFrequency: Uint32Array;
  nDocuments: number;
}

/**
 * Inverse document frequency as scikit-learn defines it: smooth `ln((1 + n) / (1 + df)) + 1`, else
 * `ln(n / df) + 1`.
 */
export function inverseDocumentFrequency(df: ArrayLike<number>, n: number, smooth: boolean): Float64Array {
  const added = smooth ? 1 : 0;
  return Float64Array.from(df, (count) => Math.log((n + added) / (count + added)) + 1);
}

/** What a vocabulary is made of: ids of terms within `min_df` and `max_df`, cut to `max_features`. */
interface Choice extends FrequentTerms {
  /** No term that was let go can change it. */
  exact: boolean;
  /** Documents that it was chosen after. */
  nDocuments: number;
}

/** `min_df` and `max_df` as counts of documents. */
function documentBounds(features: FeaturePart, n: number): { low: number; high: number } {
  const low = features.min_df < 1 ? features.min_df * n : features.min_df;
  const high = features.max_df <= 1 ? features.max_df * n : features.max_df;
  if (high >= low) return { low, high };
  throw new ColaError(
    "PARAMETER_INVALID",
    `max_df ${features.max_df} is fewer documents (${high} of ${n}) than min_df ${features.min_df} (${low})`,
  );
}

function grown(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(2 * from.length);
  to.set(from);
  return to;
}

/**
 * Counts terms over documents and picks the vocabulary scikit-learn's TfidfVectorizer would.
 *
 * Of terms with equal corpus counts at the border of `max_features`, those first in order of code points are
 * taken (numpy's unstable sort leaves that open).
 *
 * Memory is bounded: with more than `maxTerms` distinct terms the rarest ones are let go, and how often a
 * term may have been let go is remembered as its possible undercount. `build` gives exact counts or refuses;
 * `fitVocabulary` counts the candidates a second time if that is needed.
 */
export class VocabularyBuilder {
  nDocuments = 0;
  readonly #features: FeaturePart;
  readonly #tokenizer: TokenSpans;
  readonly #maxTerms: number;
  #table = new TermTable();
  #counts = new Uint32Array(1024);
  #documents = new Uint32Array(1024);
  #lastDocument = new Uint32Array(1024);
  /** Times a term may have been counted before it was let go and came back. */
  #undercount = new Uint32Array(1024);
  /** The undercount of a term that comes now. */
  #letGo = 0;
  /** Only the terms there are may be counted. */
  #closed = false;
  /** The last choice: it holds until another document is counted. */
  #choice: Choice | undefined;

  /** @throws ColaError PARAMETER_INVALID for a token pattern that `compileTokenPattern` refuses */
  constructor(features: FeaturePart, maxTerms = MAX_COUNTED_TERMS) {
    this.#features = features;
    this.#tokenizer = createTokenSpans(features);
    this.#maxTerms = maxTerms;
  }

  /** Counts a document. */
  add(text: string): void {
    this.#tokenizer.tokenizeText(text);
    this.#count();
  }

  /** Counts the document that lies in `bytes` (UTF-8) from `start` to `end`. */
  addBytes(bytes: Buffer, start: number, end: number): void {
    this.#tokenizer.tokenize(bytes, start, end);
    this.#count();
  }

  /**
   * The vocabulary of the documents so far.
   *
   * @throws ColaError PARAMETER_INVALID if no term is left; INPUT_TOO_LARGE if terms were let go that
   *   might belong to it
   */
  build(): Vocabulary {
    const { chosen, exact } = this.#choose();
    if (!exact) throw this.#tooManyTerms();
    const table = this.#table;
    const columns = sortTerms(table, chosen);
    const documentFrequency = Uint32Array.from(columns, (id) => this.#documents[id]!);
    const { use_idf, smooth_idf } = this.#features;
    return {
      terms: Array.from(columns, (id) => table.termOf(id)),
      idf: use_idf
        ? inverseDocumentFrequency(documentFrequency, this.nDocuments, smooth_idf)
        : new Float64Array(columns.length).fill(1),
      documentFrequency,
      nDocuments: this.nDocuments,
    };
  }

  /**
   * A builder that counts nothing but the terms that may belong to the vocabulary, for a second pass over the
   * same documents; undefined if `build` is exact already.
   *
   * @throws ColaError INPUT_TOO_LARGE if even that cannot tell
   */
  recount(): VocabularyBuilder | undefined {
    const { exact, least } = this.#choose();
    if (exact) return undefined;
    if (least <= this.#letGo) throw this.#tooManyTerms();
    const again = new VocabularyBuilder(this.#features, this.#maxTerms);
    for (let id = 0; id < this.#table.size; id++) {
      if (this.#counts[id]! + this.#undercount[id]! >= least) again.#seed(this.#table, id);
    }
    again.#closed = true;
    return again;
  }

  /** A sketch of all terms counted so far; of terms that were let go it knows what was counted since. */
  sketch(): VocabularySketchData {
    const frequencies = function* (table: TermTable, documents: Uint32Array): Iterable<WordFrequency> {
      for (let id = 0; id < table.size; id++) yield [table.bytesOf(id), documents[id]!];
    };
    return sketchVocabulary(frequencies(this.#table, this.#documents), this.nDocuments);
  }

  #seed(from: TermTable, id: number): number {
    const bytes = from.bytesOf(id);
    const added = this.#table.add(bytes, 0, bytes.length, from.hashOf(id));
    this.#growTo(added + 1);
    return added;
  }

  #count(): void {
    const document = ++this.nDocuments;
    const tokenizer = this.#tokenizer;
    const { count, bytes, starts, ends, hashes } = tokenizer;
    for (let i = 0; i < count; i++) {
      const id = this.#idOf(bytes, starts[i]!, ends[i]!, hashes[i]!);
      if (id < 0) continue;
      this.#counts[id]!++;
      if (this.#lastDocument[id] === document) continue;
      this.#lastDocument[id] = document;
      this.#documents[id]!++;
    }
    if (this.#table.size > this.#maxTerms) this.#prune();
  }

  #idOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    if (this.#closed) return this.#table.find(bytes, start, end, hash);
    const before = this.#table.size;
    const id = this.#table.add(bytes, start, end, hash);
    if (id === before) {
      if (id >= this.#counts.length) this.#growTo(id + 1);
      this.#undercount[id] = this.#letGo;
    }
    return id;
  }

  #growTo(size: number): void {
    while (this.#counts.length < size) {
      this.#counts = grown(this.#counts);
      this.#documents = grown(this.#documents);
      this.#lastDocument = grown(this.#lastDocument);
      this.#undercount = grown(this.#undercount);
    }
  }

  /** Lets the rarest terms go until half of the room is free. */
  #prune(): void {
    const { size } = this.#table;
    const sorted = this.#counts.slice(0, size).sort();
    const threshold = sorted[size >>> 1]!;
    const old = {
      table: this.#table,
      counts: this.#counts,
      documents: this.#documents,
      under: this.#undercount,
    };
    this.#table = new TermTable();
    this.#counts = new Uint32Array(1024);
    this.#documents = new Uint32Array(1024);
    this.#lastDocument = new Uint32Array(1024);
    this.#undercount = new Uint32Array(1024);
    for (let from = 0; from < size; from++) {
      if (old.counts[from]! <= threshold) {
        this.#letGo = Math.max(this.#letGo, old.counts[from]! + old.under[from]!);
        continue;
      }
      const id = this.#seed(old.table, from);
      this.#counts[id] = old.counts[from]!;
      this.#documents[id] = old.documents[from]!;
      this.#undercount[id] = old.under[from]!;
    }
  }

  #choose(): Choice {
    if (this.#choice?.nDocuments === this.nDocuments) return this.#choice;
    const { low, high } = documentBounds(this.#features, this.nDocuments);
    const limit = this.#features.max_features;
    const eligible = this.#idsWhere((id) => {
      const documents = this.#documents[id]!;
      return documents >= Math.max(1, low) && documents <= high;
    });
    if (eligible.length === 0) throw this.#noTerms();
    const { least, chosen } =
      eligible.length <= limit
        ? { least: Math.max(1, Math.ceil(low)), chosen: eligible }
        : mostFrequentTerms(this.#table, eligible, this.#counts, limit);
    const exact = this.#isExact(chosen, least);
    this.#choice = { chosen, exact, least, nDocuments: this.nDocuments };
    return this.#choice;
  }

  #idsWhere(isWanted: (id: number) => boolean): Uint32Array {
    const ids = new Uint32Array(this.#table.size);
    let n = 0;
    for (let id = 0; id < ids.length; id++) if (isWanted(id)) ids[n++] = id;
    return ids.subarray(0, n);
  }

  /** Whether no term that was let go, now or before it came back, can change what is chosen. */
  #isExact(chosen: Uint32Array, least: number): boolean {
    if (this.#letGo === 0) return true;
    const taken = new Uint8Array(this.#table.size);
    for (const id of chosen) {
      if (this.#undercount[id]! > 0) return false;
      taken[id] = 1;
    }
    for (let id = 0; id < taken.length; id++) {
      const undercount = this.#undercount[id]!;
      if (taken[id] === 0 && undercount > 0 && this.#counts[id]! + undercount >= least) return false;
    }
    return least > this.#letGo;
  }

  #noTerms(): ColaError {
    const nothing =
      this.#features.analyzer === "word"
        ? "the documents hold no words, or stop words only: --stop-words none keeps those, --token-pattern says what a word is"
        : `the documents hold no n-gram of ${this.#features.ngram_range.join(" to ")} characters`;
    const why =
      this.#table.size === 0 ? nothing : "none is within min_df and max_df: lower min_df or raise max_df";
    return new ColaError("PARAMETER_INVALID", `no term remains for the vocabulary: ${why}`);
  }

  #tooManyTerms(): ColaError {
    return new ColaError(
      "INPUT_TOO_LARGE",
      `more than ${this.#maxTerms} distinct terms, too many to find the ${this.#features.max_features} most ` +
        "frequent ones exactly: lower max_features or shorten ngram_range (char_max_features, char_ngram_range), or set max_train_rows",
    );
  }
}
