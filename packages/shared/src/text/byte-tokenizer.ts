import type { TfidfSettings } from "../jobs/train";
import { HASH_START, hashBytes, type TermTable, termTableOf } from "./term-table";
import { createWordSplitter, isWordPattern, stopWordsOf, type Tokenizer } from "./tokenizer";
import { isWordCodePoint } from "./word-characters";

const SPACE = 0x20;
const PRIME = 0x01000193;
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
 * The length in bytes of the code point at `p` if it is whole, well-formed and no part of a word; else 0, and
 * the text has to be looked at as a string.
 */
function separatorLength(bytes: Uint8Array, p: number, end: number): number {
  const lead = bytes[p]!;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || p + length > end) return 0;
  let codePoint = lead & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const byte = bytes[p + i]!;
    if ((byte & 0xc0) !== 0x80) return 0;
    codePoint = (codePoint << 6) | (byte & 0x3f);
  }
  const least = length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80;
  const wellFormed = codePoint >= least && codePoint <= 0x10ffff && (codePoint & 0x1ff800) !== 0xd800;
  return wellFormed && !isWordCodePoint(codePoint) ? length : 0;
}

/**
 * Tokens of texts given as UTF-8, as bytes with their hashes: the same tokens as `createTokenizer`, without
 * strings. Only texts with letters or digits beyond ASCII (3% of tweets), and every text under another pattern
 * than the default, take the way through strings.
 *
 * After `tokenize`, token i is `bytes` from `starts[i]` to `ends[i]`; the buffers are used again by the next call.
 */
export class ByteTokenizer {
  /** Number of tokens (n-grams included) of the last text. */
  count = 0;
  /** Words of the last text before stop words were left out. */
  words = 0;
  bytes = new Uint8Array(4096);
  starts = new Int32Array(1024);
  ends = new Int32Array(1024);
  hashes = new Int32Array(1024);
  readonly #classes: Uint8Array;
  readonly #split: Tokenizer;
  readonly #fast: boolean;
  readonly #stopWords: TermTable;
  readonly #ngramRange: readonly [number, number];
  #used = 0;
  #input = Buffer.alloc(4096);

  /** @throws ColaError PARAMETER_INVALID where the pattern is no regular expression */
  constructor(features: TfidfSettings) {
    this.#classes = byteClasses(features.lowercase);
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

  /** Words of ASCII letters; false where the text holds a letter beyond it or is not UTF-8. */
  #scan(bytes: Buffer, start: number, end: number): boolean {
    const classes = this.#classes;
    const out = this.bytes;
    let used = 0;
    this.count = 0;
    this.words = 0;
    let p = start;
    while (p < end) {
      let byte = classes[bytes[p]!]!;
      if (byte === 0) {
        p++;
        continue;
      }
      const from = used;
      let hash = HASH_START;
      while (byte !== 0 && byte !== NOT_ASCII) {
        out[used++] = byte;
        hash = Math.imul(hash ^ byte, PRIME);
        p++;
        byte = p < end ? classes[bytes[p]!]! : 0;
      }
      if (byte === NOT_ASCII) {
        const length = separatorLength(bytes, p, end);
        if (length === 0) return false;
        p += length;
        if (used === from) continue;
      }
      used = this.#push(from, used, hash);
    }
    this.#used = used;
    return true;
  }

  /** Keeps the token unless it is a stop word. Returns where the next one starts. */
  #push(from: number, to: number, hash: number): number {
    this.words++;
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
    this.words = 0;
    this.#used = 0;
    let needed = tokens.length;
    for (const token of tokens) needed += 3 * token.length;
    this.#reserve(needed);
    const out = Buffer.from(this.bytes.buffer);
    for (const token of tokens) {
      const from = this.#used;
      const to = from + out.write(token, from, "utf8");
      this.#used = this.#push(from, to, hashBytes(out, from, to));
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

  /** Room for the tokens of a text of so many bytes: each is followed by a space. */
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
