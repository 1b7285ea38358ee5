import { createHash, createHmac } from "node:crypto";
import { ColaError } from "../../errors/cola-error";
import type { FingerprintSet } from "../data/fingerprint-set";
import type { Fingerprint } from "../data/row-fingerprint";
import { HalfSipHash } from "./half-sip-hash";

/** Name of the filter among the files of a model (`data/seen_rows.bin`). Models of older releases lack it. */
export const SEEN_ROWS_FILE = "seen_rows.bin";

/** Ten bits per row and seven hashes: 0.8% of other rows are taken for known ones. */
const BITS_PER_ROW = 10;
/** Beyond 13 million rows the filter grows no more and takes more rows for known ones (12% at 40 million). */
const MOST_BYTES = 16 * 1_048_576;
const MOST_HASHES = 16;
const MAGIC = "COLASEEN";
const VERSION = 1;
/** Magic, version, hashes, rows, bits, salt, key check. */
const HEADER_BYTES = 8 + 4 * 4 + 16 + 8;

/** Which texts a model was trained on, as far as a filter knows. */
export interface SeenRows {
  /** Different texts in the filter. */
  readonly rows: number;
  /** Always true for a text that training or validation held; true by chance for few others. */
  has(fingerprint: Fingerprint): boolean;
}

/**
 * The Bloom filter of the texts that a model learned from, as a file: bits only, no text can be read from it. The
 * bits are chosen by a keyed hash (HalfSipHash) whose key comes from `hmacKey` and the salt: with a key of one's
 * own nobody else can even ask whether a text is in it. The same rows, salt and key give the same bytes.
 * Source: Bloom, CACM 13 (1970); two hashes for all: Kirsch, Mitzenmacher, ESA 2006.
 *
 * @param saltOf what the salt is made of, e.g. the dataset's digest
 */
export function serialiseSeenRows(seen: FingerprintSet, saltOf: string, hmacKey = ""): Uint8Array {
  const salt = createHash("sha256").update(`seen rows ${saltOf}`).digest().subarray(0, 16);
  const bytes = Math.min(MOST_BYTES, Math.max(8, Math.ceil((seen.size * BITS_PER_ROW) / 8)));
  const bits = bytes * 8;
  const hashes = Math.max(1, Math.min(MOST_HASHES, Math.round((bits / Math.max(1, seen.size)) * Math.LN2)));
  const file = Buffer.alloc(HEADER_BYTES + bytes);
  const { key, check } = keyOf(salt, hmacKey);
  file.write(MAGIC, 0, "latin1");
  [VERSION, hashes, seen.size, bits].forEach((word, i) => {
    file.writeUInt32LE(word, 8 + 4 * i);
  });
  salt.copy(file, 24);
  check.copy(file, 40);
  const filter = file.subarray(HEADER_BYTES);
  const hash = new HalfSipHash(key);
  for (const { high, low } of seen.values()) {
    hash.of(low, high);
    let bit = hash.low % bits;
    const step = hash.high % bits;
    for (let i = 0; i < hashes; i++) {
      filter[bit >>> 3]! |= 1 << (bit & 7);
      bit = (bit + step) % bits;
    }
  }
  return file;
}

/**
 * Reads a filter.
 *
 * @returns the filter, or why it cannot be asked: it was made with another key
 * @throws ColaError MODEL_CORRUPT
 */
export function parseSeenRows(file: Uint8Array, hmacKey = ""): SeenRows | { unreadable: string } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 8) !== MAGIC)
    throw corrupt("it is not a filter");
  const [version, hashes, rows, bits] = [8, 12, 16, 20].map((at) => bytes.readUInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  if (version !== VERSION) throw corrupt(`format version ${version}: this release reads ${VERSION}`);
  if (bits === 0 || bits !== (bytes.length - HEADER_BYTES) * 8 || hashes < 1 || hashes > MOST_HASHES)
    throw corrupt(`${hashes} hashes, ${bits} bits in ${bytes.length} bytes`);
  const { key, check } = keyOf(bytes.subarray(24, 40), hmacKey);
  if (!check.equals(bytes.subarray(40, 48)))
    return { unreadable: "its filter of training rows was made with another COLAML_MODEL_HMAC_KEY" };
  const filter = bytes.subarray(HEADER_BYTES);
  const hash = new HalfSipHash(key);
  return {
    rows,
    has({ high, low }) {
      hash.of(low, high);
      let bit = hash.low % bits;
      const step = hash.high % bits;
      for (let i = 0; i < hashes; i++) {
        if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
        bit = (bit + step) % bits;
      }
      return true;
    },
  };
}

function keyOf(salt: Uint8Array, hmacKey: string) {
  const digest = createHmac("sha256", hmacKey).update("seen rows").update(salt).digest();
  const key = [digest.readUInt32LE(0), digest.readUInt32LE(4)] as const;
  return { key, check: digest.subarray(8, 16) };
}

const corrupt = (what: string) =>
  new ColaError("MODEL_CORRUPT", `model file ${SEEN_ROWS_FILE} is damaged: ${what}`, {
    details: { file: SEEN_ROWS_FILE },
  });
