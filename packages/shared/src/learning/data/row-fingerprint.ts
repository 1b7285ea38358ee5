/** A 64-bit fingerprint as two words. */
export interface Fingerprint {
  high: number;
  low: number;
}

/**
 * Fingerprints of texts, equal for texts that differ only in ASCII case and in white space around them, which is
 * how copies of a text differ. Four bytes at a time into two lanes: MurmurHash3 (x86, 32 bits; Appleby) and a
 * multiply-rotate lane of its own; of a million different texts the chance that any two agree is below 1e-6. It is
 * no secret and no cryptographic hash: what is stored of it is keyed first (`seen-rows`).
 */
export class TextFingerprint implements Fingerprint {
  high = 0;
  low = 0;
  #bytes: Uint8Array | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Takes the text that lies in `bytes` (UTF-8) from `start` to `end`; `high` and `low` then are its own. */
  of(bytes: Uint8Array, start: number, end: number): this {
    // A block has thousands of texts in the same bytes: its view is made once.
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    let from = start;
    let to = end;
    while (from < to && isSpace(bytes[from]!)) from++;
    while (to > from && isSpace(bytes[to - 1]!)) to--;
    this.#mix(bytes, from, to);
    return this;
  }

  #mix(bytes: Uint8Array, from: number, to: number): void {
    const view = this.#view;
    let a = 0;
    let b = 0x9e3779b9;
    const whole = from + ((to - from) & ~3);
    for (let at = from; at < whole; at += 4) {
      const word = scrambled(view.getInt32(at, true));
      a = (Math.imul(rotated(a ^ word, 13), 5) + 0xe6546b64) | 0;
      b = rotated(Math.imul(b ^ word, 0x2c1b3c6d), 17);
    }
    let rest = 0;
    for (let at = to - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
    const word = scrambled(rest);
    this.high = finished(a ^ word ^ (to - from));
    this.low = finished(Math.imul(b ^ word, 0x2c1b3c6d) + (to - from));
  }
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

const rotated = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));

/** Four bytes with their ASCII capitals as small letters (bit 5 is set if bit 6 is and bit 7 is not), mixed. */
function scrambled(word: number): number {
  const lower = word | ((word & ~(word >>> 1) & 0x40404040) >>> 1);
  return Math.imul(rotated(Math.imul(lower, 0xcc9e2d51), 15), 0x1b873593);
}

function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
