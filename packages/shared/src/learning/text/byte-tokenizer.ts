import type { FeaturePart } from "./feature-parts";
import { HASH_PRIME, HASH_START, hashBytes, type TermTable, termTableOf } from "./term-table";
import type { TokenSpans } from "./token-spans";
import { createWordSplitter, stopWordsOf, type Tokenizer } from "./tokenizer";
import { codePointAt, codePointLength } from "./utf8";
import { lowerBytes, NO_WORD, SPECIAL, WORD, wordKind } from "./word-characters";
import { isWordPattern } from "./word-scanner";

const SPACE = 0x20;
/** Class of a byte that begins, or is inside of, a code point beyond ASCII. */
const NOT_ASCII = 255;

/** For each byte: 0 outside words, NOT_ASCII, or the byte as it enters the token. */
function byteClasses(lowercase: boolean): Uint8Array {
  const classes = new Uint8Array(256).fill(NOT_ASCII, 128);
  for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") {
    classes[char.charCodeAt(0)] = (lowercase ? char.toLowerCase() : char).charCodeAt(0);
  }
  return classes;
}

/**
 * Tokens of texts given as UTF-8, as bytes with their hashes: the same tokens as `createTokenizer`, without
 * strings. Only texts with a letter whose lower case depends on its neighbours, or with bytes that are not
 * UTF-8, texts beyond ASCII whose accents are stripped, and every text under another pattern than the default, take the
 * way through strings.
 *
 * After `tokenize`, token i is `bytes` from `starts[i]` to `ends[i]`; the buffers are used again by the next call.
 */
export class ByteTokenizer implements TokenSpans {
  /** Number of tokens (n-grams included) of the last text. */
  count = 0;
  bytes = new Uint8Array(4096);
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  hashes = new Int32Array(1024);
  readonly #classes: Uint8Array;
  readonly #lowercase: boolean;
  readonly #stripsAccents: boolean;
  readonly #split: Tokenizer;
  readonly #fast: boolean;
  readonly #stopWords: TermTable;
  readonly #ngramRange: readonly [number, number];
  #used = 0;
  #input = Buffer.alloc(4096);

  /** @throws ColaError PARAMETER_INVALID for a token pattern that `compileTokenPattern` refuses */
  constructor(features: FeaturePart) {
    this.#classes = byteClasses(features.lowercase);
    this.#lowercase = features.lowercase;
    this.#stripsAccents = features.strip_accents !== "none";
    this.#split = createWordSplitter(features);
    this.#fast = isWordPattern(features.token_pattern);
    this.#stopWords = termTableOf(stopWordsOf(features.stop_words));
    this.#ngramRange = features.ngram_range;
  }

  /** Tokens of a string. */
  tokenizeText(text: string): void {
    if (this.#input.length < 3 * text.length) this.#input = Buffer.alloc(6 * text.length);
    this.tokenize(this.#input, 0, this.#input.write(text, 0, "utf8"));
  }

  /** Tokens of the text that lies in `bytes` from `start` to `end`. */
  tokenize(bytes: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    if (!this.#fast || !this.#scan(bytes, start, end)) this.#splitString(bytes.toString("utf8", start, end));
    if (this.#ngramRange[1] > 1) this.#expand();
  }

  /** The default pattern on bytes; false if the text must be looked at as a string. */
  #scan(bytes: Buffer, start: number, end: number): boolean {
    const classes = this.#classes;
    const out = this.bytes;
    let used = 0;
    this.count = 0;
    let p = start;
    while (p < end) {
      let byte = classes[bytes[p]!]!;
      if (byte === 0) {
        p++;
        continue;
      }
      const from = used;
      let hash = HASH_START;
      while (byte !== 0) {
        if (byte !== NOT_ASCII) {
          out[used++] = byte;
          hash = Math.imul(hash ^ byte, HASH_PRIME);
          p++;
        } else {
          const length = codePointLength(bytes, p, end);
          const added = length === 0 ? -1 : this.#append(bytes, p, length, used);
          if (added < 0) return false;
          p += length;
          if (added === 0) break;
          for (const to = used + added; used < to; used++) hash = Math.imul(hash ^ out[used]!, HASH_PRIME);
        }
        byte = p < end ? classes[bytes[p]!]! : 0;
      }
      if (used > from) used = this.#push(from, used, hash);
    }
    this.#used = used;
    return true;
  }

  /**
   * Writes a letter beyond ASCII at `to` as it enters the token. Returns the bytes it took: 0 if it is not a
   * letter, -1 if only the string can tell.
   */
  #append(bytes: Buffer, p: number, length: number, to: number): number {
    if (this.#stripsAccents) return -1;
    const codePoint = codePointAt(bytes, p, length);
    const kind = codePoint < 0 ? SPECIAL : wordKind(codePoint);
    if (kind === NO_WORD) return 0;
    const copied = kind === WORD || (codePoint >= 0 && !this.#lowercase);
    if (!copied && kind === SPECIAL) return -1;
    const from = copied ? bytes : lowerBytes(codePoint);
    const offset = copied ? p : 0;
    const count = copied ? length : from.length;
    for (let i = 0; i < count; i++) this.bytes[to + i] = from[offset + i]!;
    return count;
  }

  /** Keeps the token unless it is a stop word. Returns where the next one starts. */
  #push(from: number, to: number, hash: number): number {
    if (this.#stopWords.size > 0 && this.#stopWords.find(this.bytes, from, to, hash) >= 0) return from;
    const i = this.count++;
    this.starts[i] = from;
    this.ends[i] = to;
    this.hashes[i] = hash;
    this.bytes[to] = SPACE;
    return to + 1;
  }

  #splitString(text: string): void {
    const tokens = this.#split(text);
    this.count = 0;
    this.#used = 0;
    let needed = tokens.length;
    for (const token of tokens) needed += 3 * token.length;
    this.#reserve(needed);
    const out = Buffer.from(this.bytes.buffer);
    for (const token of tokens) {
      const from = this.#used;
      const to = from + out.write(token, from, "utf8");
      this.#used = this.#push(from, to, hashBytes(this.bytes, from, to));
    }
  }

  /** Adds the n-grams: neighbouring tokens lie beside each other with a space between, so each is one span. */
  #expand(): void {
    const [shortest, longest] = this.#ngramRange;
    const nTokens = this.count;
    this.#reserveTokens(nTokens * (longest + 1));
    for (let n = Math.max(2, shortest); n <= Math.min(longest, nTokens); n++) {
      for (let i = 0; i + n <= nTokens; i++) {
        const at = this.count++;
        this.starts[at] = this.starts[i]!;
        this.ends[at] = this.ends[i + n - 1]!;
        this.hashes[at] = hashBytes(this.bytes, this.starts[at]!, this.ends[at]!);
      }
    }
    if (shortest > 1) this.#dropFirst(nTokens);
  }

  #dropFirst(tokens: number): void {
    for (const column of [this.starts, this.ends, this.hashes]) column.copyWithin(0, tokens, this.count);
    this.count -= tokens;
  }

  /** Room for the tokens of a text of this many bytes: each is followed by a space. */
  #reserve(textBytes: number): void {
    if (this.bytes.length < 2 * textBytes + 2) {
      const grown = new Uint8Array(4 * textBytes + 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.#reserveTokens(textBytes + 1);
  }

  #reserveTokens(tokens: number): void {
    if (this.starts.length >= tokens) return;
    const grow = (from: Int32Array) => {
      const to = new Int32Array(2 * tokens);
      to.set(from);
      return to;
    };
    this.starts = grow(this.starts);
    this.ends = grow(this.ends);
    this.hashes = grow(this.hashes);
  }
}
