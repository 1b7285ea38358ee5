import { find, findEither } from "./bytes";

const QUOTE: u8 = 34;
const LF: u8 = 10;
const CR: u8 = 13;

/** Byte between fields. */
export let delimiter: u8 = 44;
/** Fields a record must have. */
export let fieldsWanted: i32 = 0;
/** For each field where it begins and ends, its quotes included: two u32 each. */
export let fieldPlaces: usize = 0;
/** Bytes a record may have. */
export let maxRecordBytes: usize = 0;

/**
 * Reads the fields of the record at `start` and returns the place behind its line end. 0 if it is anything but
 * plain: an empty line, a quote that does not close or is not the end of its field, another number of fields, too
 * long. RecordScanner has the whole rule; what is plain here is read there alike.
 */
export function readRecord(start: usize, end: usize): usize {
  const first = load<u8>(start);
  if (first === LF || first === CR) return 0;
  let at = start;
  for (let field = 0; field < fieldsWanted; field++) {
    const fieldStart = at;
    if (at < end && load<u8>(at) === QUOTE) {
      at = find(at + 1, end, QUOTE);
      while (at + 1 < end && load<u8>(at + 1) === QUOTE) at = find(at + 2, end, QUOTE);
      if (at >= end) return 0;
      at++;
    } else at = findEither(at, end, delimiter, LF);
    let fieldEnd = at;
    const last = field + 1 === fieldsWanted;
    if (!last) {
      if (at >= end || load<u8>(at) !== delimiter) return 0;
    } else {
      // CR before the line end belongs to it
      if (at < end && load<u8>(at) === CR) at++;
      else if (fieldEnd > fieldStart && load<u8>(fieldEnd - 1) === CR) fieldEnd--;
      if (at < end && load<u8>(at) !== LF) return 0;
      if (fieldEnd - start > maxRecordBytes) return 0;
    }
    const place = fieldPlaces + ((field as usize) << 3);
    store<u32>(place, fieldStart as u32);
    store<u32>(place, fieldEnd as u32, 4);
    at++;
  }
  return min(at, end);
}

/** Where a field begins, its quote included. */
export function fieldStart(field: i32): usize {
  return load<u32>(fieldPlaces + ((field as usize) << 3));
}

/** Where a field ends, its quote included. */
export function fieldEnd(field: i32): usize {
  return load<u32>(fieldPlaces + ((field as usize) << 3), 4);
}

/** 1 if a field is in quotes. */
export function quoteOf(field: i32): usize {
  const start = fieldStart(field);
  return start < fieldEnd(field) && load<u8>(start) === QUOTE ? 1 : 0;
}
