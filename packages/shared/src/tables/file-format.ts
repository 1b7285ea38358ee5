import { ColaError } from "../errors/cola-error";
import { withoutCompression } from "./compression";
import type { RecordFormat } from "./dialect";

/** The format that a name says, compression left out: `.csv`, `.tsv` and `.tab`, `.ndjson` and `.jsonl`. */
export function formatByName(path: string): RecordFormat | undefined {
  const name = withoutCompression(path).toLowerCase();
  if (/\.(tsv|tab)$/.test(name)) return "tsv";
  if (/\.(ndjson|jsonl)$/.test(name)) return "ndjson";
  return name.endsWith(".csv") ? "csv" : undefined;
}

/** The format of a dataset: as given, or by its name; a name that says nothing means CSV. */
export function formatOf(dataset: { path: string; format?: RecordFormat | undefined }): RecordFormat {
  return dataset.format ?? formatByName(dataset.path) ?? "csv";
}

/** Byte order marks by the encoding that they stand for. */
export const BYTE_ORDER_MARKS = {
  "utf-8": [0xef, 0xbb, 0xbf],
  "utf-16le": [0xff, 0xfe],
  "utf-16be": [0xfe, 0xff],
} as const;

/** Files that are not text, by their first bytes. */
const SIGNATURES: readonly { bytes: readonly number[]; what: string }[] = [
  ...(["utf-16le", "utf-16be"] as const).map((encoding) => ({
    bytes: BYTE_ORDER_MARKS[encoding],
    what: `UTF-16: give --encoding ${encoding}, or save it as UTF-8`,
  })),
  { bytes: [0x1f, 0x8b], what: "gzip: give it a name that ends with .gz" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: "zstd: give it a name that ends with .zst" },
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: "a zip or Excel file: export it as CSV" },
  { bytes: [0x50, 0x41, 0x52, 0x31], what: "Parquet: export it as CSV" },
];
/** NUL bytes in this many first bytes mean binary or UTF-16 without a mark. */
const LOOKED_AT = 1024;

/** Whether bytes begin with others. */
export const startsWith = (bytes: Uint8Array, prefix: readonly number[]) =>
  prefix.every((byte, i) => bytes[i] === byte);

/**
 * Checks that a file begins as text does.
 *
 * @returns bytes to skip: 3 for a UTF-8 byte order mark, else 0
 * @throws ColaError INPUT_UNREADABLE
 */
export function checkText(path: string, bytes: Uint8Array): number {
  const signature = SIGNATURES.find(({ bytes: prefix }) => startsWith(bytes, prefix));
  if (signature) throw new ColaError("INPUT_UNREADABLE", `${path} is ${signature.what}`);
  const nul = bytes.subarray(0, LOOKED_AT).indexOf(0);
  if (nul >= 0) {
    // of an ASCII character the first byte is 0 in UTF-16BE, the second one in UTF-16LE
    const encoding = nul % 2 === 0 ? "utf-16be" : "utf-16le";
    throw new ColaError(
      "INPUT_UNREADABLE",
      `${path} is binary or UTF-16 (it holds NUL bytes): save it as UTF-8 text, or give --encoding ${encoding}`,
    );
  }
  const mark = BYTE_ORDER_MARKS["utf-8"];
  return startsWith(bytes, mark) ? mark.length : 0;
}
