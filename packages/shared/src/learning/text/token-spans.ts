/**
 * Tokens (n-grams included) of one text after the other, as bytes with their hashes. Token i is `bytes` from
 * `starts[i]` to `ends[i]`; the buffers are used again by the next call.
 */
export interface TokenSpans {
  /** Number of tokens of the last text. */
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly hashes: Int32Array;
  /** Tokens of a string. */
  tokenizeText(text: string): void;
  /** Tokens of the text that lies in `bytes` (UTF-8) from `start` to `end`. */
  tokenize(bytes: Buffer, start: number, end: number): void;
}
