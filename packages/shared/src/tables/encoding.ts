import { isUtf8 } from "node:buffer";
import { ColaError, messageOf } from "../errors/cola-error";
import { encodingOf } from "../settings/table-values";
import { BYTE_ORDER_MARKS, startsWith } from "./file-format";

/** Bytes looked at to guess an encoding. */
const SAMPLE_BYTES = 65_536;
/** More rows than this, and a larger share than that, with bytes that are not UTF-8: the file is in another encoding. */
const TOLERATED = { rows: 2, share: 0.01 };

/** Almost any bytes fit UTF-16 in the wrong order, and any fit an encoding of single bytes: only the mark decides. */
function checkMark(path: string, encoding: string, start: Buffer): void {
  const marked = Object.entries(BYTE_ORDER_MARKS).find(([, mark]) => startsWith(start, mark))?.[0];
  if (marked === undefined || marked === encoding) return;
  throw new ColaError(
    "INPUT_UNREADABLE",
    `${path} is not ${encoding}: it begins with the byte order mark of ${marked}; give --encoding ${marked}`,
  );
}

/**
 * The pieces of a text in UTF-8.
 * @throws ColaError INPUT_UNREADABLE if a byte does not fit the encoding, or the file has the mark of another one
 */
export async function* toUtf8(
  pieces: AsyncIterable<Buffer>,
  encoding: string,
  path: string,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let read = 0;
  const decode = (bytes?: Buffer) => {
    try {
      return Buffer.from(decoder.decode(bytes, { stream: bytes !== undefined }));
    } catch (cause) {
      const place = `between byte ${read} and ${read + (bytes?.length ?? 0)}`;
      throw new ColaError(
        "INPUT_UNREADABLE",
        `${path} is not ${encoding}: a byte ${place} does not fit (${messageOf(cause)}); give another --encoding`,
        { cause },
      );
    }
  };
  for await (const piece of pieces) {
    if (read === 0) checkMark(path, encoding, piece);
    yield decode(piece);
    read += piece.length;
  }
  yield decode();
}

/** The most likely encoding of bytes that are not UTF-8; undefined if there is none. */
function likelyEncoding(bytes: Buffer): string | undefined {
  // Read only when it is needed: it takes as long to load as a file of some MB to read.
  const { analyse } = require("chardet") as typeof import("chardet");
  for (const { name } of analyse(bytes.subarray(0, SAMPLE_BYTES))) {
    const encoding = encodingOf(name);
    if (encoding !== undefined && encoding !== "utf-8" && fits(bytes, encoding)) return encoding;
  }
  return undefined;
}

function fits(bytes: Buffer, encoding: string): boolean {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** What to do about bytes that are not UTF-8, in words. */
function advice(sample: Buffer): string {
  const likely = sample.length === 0 ? undefined : likelyEncoding(sample);
  if (likely === undefined) return "save the file as UTF-8, or name its encoding with --encoding";
  return `it looks like ${likely}: give --encoding ${likely}, or save the file as UTF-8`;
}

/**
 * Refuses a file of which more than a small share is not UTF-8: what its letters would become are fragments of words.
 *
 * @param sample some of the bytes that are not UTF-8, with what stands around them
 * @throws ColaError INPUT_UNREADABLE, which names the likely encoding
 */
export function checkUtf8Share(
  path: string,
  { rows, invalid }: { rows: number; invalid: number },
  sample: Buffer = Buffer.alloc(0),
): void {
  if (invalid <= TOLERATED.rows || invalid <= TOLERATED.share * rows) return;
  throw new ColaError(
    "INPUT_UNREADABLE",
    `${path} is not UTF-8: ${invalid} of ${rows} rows hold other bytes; ${advice(sample)}`,
    { details: { invalid, rows } },
  );
}

/** @throws ColaError INPUT_UNREADABLE unless the header is UTF-8 */
export function checkUtf8Header(path: string, header: Buffer, head: Buffer): void {
  if (isUtf8(header)) return;
  throw new ColaError("INPUT_UNREADABLE", `the header of ${path} is not UTF-8: ${advice(head)}`);
}

/** @throws ColaError LABELS_INVALID: a class that holds U+FFFD or half a character is a damaged name */
export function damagedLabel(column: string, line: number, sample: Buffer): ColaError {
  const reason = isUtf8(sample)
    ? "it holds U+FFFD, which stands for a lost letter, or half a character"
    : advice(sample);
  return new ColaError(
    "LABELS_INVALID",
    `the label in line ${line}, column ${JSON.stringify(column)}, is not UTF-8 text: ${reason}`,
    { details: { line } },
  );
}

/** Keeps some of the bytes that are not UTF-8, for the guess of what they are. */
export class InvalidBytes {
  #kept: Buffer[] = [];
  #size = 0;

  add(bytes: Buffer): void {
    const room = SAMPLE_BYTES - this.#size;
    if (room <= 0) return;
    this.#kept.push(Buffer.from(bytes.subarray(0, room)));
    // a text that is cut may end within a character: nothing comes behind it
    if (bytes.length < room) this.#kept.push(Buffer.from("\n"));
    this.#size += bytes.length + 1;
  }

  get sample(): Buffer {
    return Buffer.concat(this.#kept);
  }
}
