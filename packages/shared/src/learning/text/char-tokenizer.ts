import { CharacterMeanings, DROPPED, preprocess, UNCLEAR, WHITE_SPACE_FLAG } from "./character-meanings";
import type { FeaturePart } from "./feature-parts";
import { HASH_PRIME, HASH_START, hashBytes } from "./term-table";
import type { TokenSpans } from "./token-spans";
import { codePointAt, codePointLength } from "./utf8";

const SPACE = 0x20;
/** Code points of a text that was preprocessed already. */
const AS_THEY_ARE = new CharacterMeanings({ lowercase: false, strip_accents: "none" });

/**
 * N-grams of characters of texts given as UTF-8: the same as `charNgrams` or `charWordNgrams` of the preprocessed
 * string. Only texts with a character whose meaning depends on its neighbours, or with bytes that are not UTF-8, take
 * the way through strings.
 */
export class CharTokenizer implements TokenSpans {
  count = 0;
  bytes = new Uint8Array(4096);
  starts = new Int32Array(4096);
  ends = new Int32Array(4096);
  hashes = new Int32Array(4096);
  readonly #part: FeaturePart;
  readonly #meanings: CharacterMeanings;
  readonly #withinWords: boolean;
  /** Where each character of the text begins in `bytes`, and where the last one ends. */
  #offsets = new Int32Array(1024);
  #characters = 0;
  #input = Buffer.alloc(4096);

  constructor(part: FeaturePart) {
    this.#part = part;
    this.#meanings = new CharacterMeanings(part);
    this.#withinWords = part.analyzer === "char_wb";
  }

  tokenizeText(text: string): void {
    const end = this.#encode(text);
    this.tokenize(this.#input, 0, end);
  }

  tokenize(bytes: Buffer, start: number, end: number): void {
    if (!this.#scan(bytes, start, end, this.#meanings)) {
      const encoded = this.#encode(preprocess(bytes.toString("utf8", start, end), this.#part));
      this.#scan(this.#input, 0, encoded, AS_THEY_ARE);
    }
    this.count = 0;
    const [shortest, longest] = this.#part.ngram_range;
    this.#reserveTokens((this.#characters + 1) * (longest - shortest + 1));
    if (this.#withinWords) this.#eachWord();
    else this.#ngrams(0, this.#characters);
  }

  /** Writes the characters that count to `bytes`; false if the text must be looked at as a string. */
  #scan(bytes: Buffer, start: number, end: number, meanings: CharacterMeanings): boolean {
    this.#reserve(end - start);
    this.#characters = 0;
    // Within words the text begins and ends with a space, and any white space is one.
    let spaces = this.#withinWords ? 1 : 0;
    let used = this.#withinWords ? this.#append(SPACE, 0) : 0;
    for (let p = start; p < end; ) {
      const isAscii = bytes[p]! < 0x80;
      const length = isAscii ? 1 : codePointLength(bytes, p, end);
      const codePoint = isAscii ? bytes[p]! : length === 0 ? -1 : codePointAt(bytes, p, length);
      const meaning = codePoint < 0 ? UNCLEAR : meanings.of(codePoint);
      if (meaning === UNCLEAR) return false;
      p += length;
      if (meaning === DROPPED) continue;
      spaces = (meaning & WHITE_SPACE_FLAG) === 0 ? 0 : spaces + 1;
      if (spaces < 2) {
        const character = this.#withinWords && spaces === 1 ? SPACE : meaning & ~WHITE_SPACE_FLAG;
        used = this.#append(character, used);
      } else used = this.#replaceLast(SPACE);
    }
    if (this.#withinWords && spaces === 0) used = this.#append(SPACE, used);
    this.#offsets[this.#characters] = used;
    return true;
  }

  /** Writes a character at `at`; returns where the next one begins. */
  #append(character: number, at: number): number {
    this.#offsets[this.#characters++] = at;
    const out = this.bytes;
    if (character < 0x80) {
      out[at] = character;
      return at + 1;
    }
    if (character < 0x800) out[at++] = 0xc0 | (character >> 6);
    else {
      if (character < 0x10000) out[at++] = 0xe0 | (character >> 12);
      else {
        out[at++] = 0xf0 | (character >> 18);
        out[at++] = 0x80 | ((character >> 12) & 0x3f);
      }
      out[at++] = 0x80 | ((character >> 6) & 0x3f);
    }
    out[at] = 0x80 | (character & 0x3f);
    return at + 1;
  }

  #replaceLast(character: number): number {
    return this.#append(character, this.#offsets[--this.#characters]!);
  }

  /** The n-grams of each word with the spaces around it. */
  #eachWord(): void {
    const { bytes } = this;
    const [shortest] = this.#part.ngram_range;
    for (let from = 0, i = 1; i < this.#characters; i++) {
      if (bytes[this.#offsets[i]!] !== SPACE) continue;
      const to = i + 1;
      if (to - from < shortest) this.#whole(from, to);
      else this.#ngrams(from, to);
      from = i;
    }
  }

  #whole(from: number, to: number): void {
    const [start, end] = [this.#offsets[from]!, this.#offsets[to]!];
    this.#push(start, end, hashBytes(this.bytes, start, end));
  }

  #ngrams(from: number, to: number): void {
    const { bytes } = this;
    const offsets = this.#offsets;
    const [shortest, longest] = this.#part.ngram_range;
    for (let i = from; i + shortest <= to; i++) {
      const start = offsets[i]!;
      const last = Math.min(i + longest, to);
      let hash = HASH_START;
      let at = start;
      for (let next = i + 1; next <= last; next++) {
        for (const end = offsets[next]!; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME);
        if (next - i >= shortest) this.#push(start, at, hash);
      }
    }
  }

  #push(start: number, end: number, hash: number): void {
    const i = this.count++;
    this.starts[i] = start;
    this.ends[i] = end;
    this.hashes[i] = hash;
  }

  /** Lays a string into `#input`; returns where it ends. */
  #encode(text: string): number {
    if (this.#input.length < 3 * text.length) this.#input = Buffer.alloc(6 * text.length);
    return this.#input.write(text, 0, "utf8");
  }

  /** Room for the characters of a text of this many bytes: lower case takes half as much again at most. */
  #reserve(textBytes: number): void {
    const needed = 2 * textBytes + 8;
    if (this.bytes.length < needed) this.bytes = new Uint8Array(2 * needed);
    if (this.#offsets.length < textBytes + 3) this.#offsets = new Int32Array(2 * textBytes + 3);
  }

  #reserveTokens(tokens: number): void {
    if (this.starts.length >= tokens) return;
    this.starts = new Int32Array(2 * tokens);
    this.ends = new Int32Array(2 * tokens);
    this.hashes = new Int32Array(2 * tokens);
  }
}
