import type { FingerprintSet } from "@colaml/shared/learning/data/fingerprint-set";
import { TextFingerprint } from "@colaml/shared/learning/data/row-fingerprint";
import { PART } from "@colaml/shared/learning/data/split";
import { featureParts, partColumns, profiledPart } from "@colaml/shared/learning/text/feature-parts";
import type { FittedVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import type { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import type { TfidfSettings } from "@colaml/shared/settings/features-settings";
import { WordPresence } from "../deciding-word";
import type { RowPlan } from "./plan-rows";

/** Held-out rows profiled at most, evenly spaced: enough for shares to 0.2 points, and little memory. */
const MAX_PROFILED_ROWS = 100_000;
/** Numbers of terms below it take two bytes. */
const SHORT_NUMBERS = 1 << 16;

/** Held-out rows picked for the reference profile, in file order. */
export interface ProfiledTexts {
  /** Where a row is: the part (`PART`) and the row within it. */
  part: Uint8Array;
  row: Uint32Array;
  textLength: Uint32Array;
  tokens: Uint32Array;
  unknownTokens: Uint32Array;
  /** Terms of the profiled part that a picked row holds, each once, by their number within the part. */
  termsOf: (picked: number) => ArrayLike<number>;
}

/** What is kept of the held-out rows beside what a model makes of them; they are offered in file order. */
export class HeldOutFacts {
  /** 1 for each test row whose text is among the training and validation rows. */
  readonly testSeen: Uint8Array;
  readonly presence: WordPresence;
  readonly #seen: FingerprintSet;
  readonly #fingerprint = new TextFingerprint();
  /** Rows of each part so far. */
  readonly #rows = [0, 0, 0];
  readonly #picker: ProfilePicker;

  constructor(
    { rows, classes }: Pick<RowPlan, "rows" | "classes">,
    testLabels: ArrayLike<number>,
    features: TfidfSettings,
    { terms, partSizes }: FittedVocabulary,
    seen: FingerprintSet,
  ) {
    this.#seen = seen;
    this.testSeen = new Uint8Array(rows.test);
    this.presence = new WordPresence(terms.length, testLabels, classes.length);
    const part = profiledPart(featureParts(features));
    this.#picker = new ProfilePicker(
      rows.validation + rows.test,
      partColumns(terms.length, partSizes)[part]!,
    );
  }

  /**
   * The next row of a held-out part.
   *
   * @param transform has transformed its text, which lies in `bytes` from `start` to `end`
   * @returns the row's number within its part
   */
  offer(part: number, transform: TfidfTransform, bytes: Buffer, start: number, end: number): number {
    const row = this.#rows[part]!++;
    if (part === PART.test) {
      if (this.#seen.has(this.#fingerprint.of(bytes, start, end))) this.testSeen[row] = 1;
      this.presence.add(row, transform.indices, transform.count);
    }
    this.#picker.offer(part, row, transform, bytes, start, end);
    return row;
  }

  get profiled(): ProfiledTexts {
    return this.#picker.build();
  }
}

/** Notes length, tokens and terms of evenly spaced held-out rows. */
class ProfilePicker {
  readonly #every: number;
  readonly #from: number;
  readonly #to: number;
  #offered = 0;
  #taken = 0;
  readonly #texts: Omit<ProfiledTexts, "termsOf">;
  /** The terms of row i lie from offset i to offset i + 1. */
  readonly #offsets: Uint32Array;
  #terms: Uint16Array | Uint32Array;

  constructor(heldOut: number, [from, to]: readonly [number, number]) {
    this.#every = Math.max(1, Math.ceil(heldOut / MAX_PROFILED_ROWS));
    const size = Math.ceil(heldOut / this.#every);
    this.#from = from;
    this.#to = to;
    this.#texts = {
      part: new Uint8Array(size),
      row: new Uint32Array(size),
      textLength: new Uint32Array(size),
      tokens: new Uint32Array(size),
      unknownTokens: new Uint32Array(size),
    };
    this.#offsets = new Uint32Array(size + 1);
    this.#terms = to - from <= SHORT_NUMBERS ? new Uint16Array(1024) : new Uint32Array(1024);
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
    this.#keepTerms(at, transform);
  }

  build(): ProfiledTexts {
    const [offsets, terms] = [this.#offsets, this.#terms];
    return { ...this.#texts, termsOf: (picked) => terms.subarray(offsets[picked], offsets[picked + 1]) };
  }

  #keepTerms(at: number, { indices, count }: TfidfTransform): void {
    let end = this.#offsets[at]!;
    if (end + count > this.#terms.length) {
      const size = Math.max(end + count, 2 * this.#terms.length);
      const grown = this.#terms instanceof Uint16Array ? new Uint16Array(size) : new Uint32Array(size);
      grown.set(this.#terms);
      this.#terms = grown;
    }
    for (let i = 0; i < count; i++) {
      const column = indices[i]!;
      if (column >= this.#from && column < this.#to) this.#terms[end++] = column - this.#from;
    }
    this.#offsets[at + 1] = end;
  }
}
