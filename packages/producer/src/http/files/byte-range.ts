import { ColaError } from "@colaml/shared/errors/cola-error";

/** Bytes of a file, the last one included. */
export interface ByteRange {
  first: number;
  last: number;
}

/** More digits are not a place in a file. */
const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The bytes that a `Range` header asks for. What it may be is RFC 9110's: one range is given; several, or another
 * unit, may be ignored and are.
 *
 * @returns nothing if the whole file is to be sent
 * @throws ColaError RANGE_INVALID if no byte of the file is in it
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = RANGE.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  if (first < size && first <= last && !(from === "" && Number(to) === 0)) return { first, last };
  throw new ColaError("RANGE_INVALID", `the file has ${size} bytes: ${header} has none of them`);
}

/** A part of an upload: which bytes, the last one included, of how many. Without bytes it asks how many are there. */
export interface UploadPart {
  bytes?: ByteRange;
  total: number;
}

const PART = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15})$/;

/**
 * What a `Content-Range` header says of an upload: `bytes 0-1023/5000`, or `bytes * /5000` without the space.
 *
 * @throws ColaError RANGE_INVALID
 */
export function uploadPartOf(header: string | undefined): UploadPart | undefined {
  if (header === undefined) return undefined;
  const [, from, to, of] = PART.exec(header) ?? [];
  const total = Number(of);
  if (of !== undefined && from === undefined) return { total };
  const [first, last] = [Number(from), Number(to)];
  if (of !== undefined && first <= last && last < total) return { bytes: { first, last }, total };
  throw new ColaError(
    "RANGE_INVALID",
    `Content-Range ${JSON.stringify(header.slice(0, 80))}: allowed are bytes FIRST-LAST/TOTAL and bytes */TOTAL`,
  );
}
