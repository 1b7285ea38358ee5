import { copy } from "./bytes";
import { fieldEnd, fieldStart, quoteOf } from "./record";

const LF: u8 = 10;
const SPACE: u8 = 32;
const QUOTE: u8 = 34;
const DELETE: u8 = 127;

/** The fields that make the text, in order: u32 each. */
export let textFields: usize = 0;
export let textFieldCount: i32 = 0;
/** Bytes of the longest text that may stand for a missing value; 0: only blank texts do. */
export let missingBytes: i32 = 0;
/** Room for the text of a record of several text fields. */
export let joined: usize = 0;

/** Where the text of the record lies. */
export let textStart: usize = 0;
export let textStop: usize = 0;
/** Whether two quotes in it are one. */
export let textQuoted: bool = false;

/**
 * Finds the text of the record that was read: its field as it stands in the input; or several fields joined, without
 * their escapes and with a line end between them. False if a text or a part of it may be missing: only the string says.
 */
export function readText(): bool {
  if (textFieldCount > 1) return joinFields();
  const field = load<i32>(textFields);
  const quote = quoteOf(field);
  textStart = fieldStart(field) + quote;
  textStop = fieldEnd(field) - quote;
  textQuoted = quote === 1;
  return !mayBeMissing(textStart, textStop);
}

function joinFields(): bool {
  let to = joined;
  let isEmpty = true;
  for (let i = 0; i < textFieldCount; i++) {
    const field = load<i32>(textFields + ((i as usize) << 2));
    const quote = quoteOf(field);
    const start = fieldStart(field) + quote;
    const stop = fieldEnd(field) - quote;
    if (i > 0) store<u8>(to++, LF);
    if (start === stop) continue;
    if (mayBeMissing(start, stop) || mayBeBlank(start, stop)) return false;
    to = quote === 1 ? copyUnescaped(to, start, stop) : copy(to, start, stop - start);
    isEmpty = false;
  }
  textStart = joined;
  textStop = to;
  textQuoted = false;
  return !isEmpty;
}

/** Copies what stands between two quotes, in which two quotes are one. */
function copyUnescaped(to: usize, start: usize, stop: usize): usize {
  for (let at = start; at < stop; at++) {
    const byte = load<u8>(at);
    store<u8>(to++, byte);
    if (byte === QUOTE) at++;
  }
  return to;
}

/** Whether a value may stand for nothing: `#N/A`, `-nan`, `1.#IND`, `<NA>`, `N/A`, `nan` and their like begin so. */
function mayBeMissing(start: usize, stop: usize): bool {
  if (((stop - start) as i32) > missingBytes) return false;
  const first = load<u8>(start);
  return first === 35 || first === 45 || first === 49 || first === 60 || (first | 32) === 110;
}

/** Whether a part may hold white space only: no visible ASCII character, and nothing that begins like a wide letter. */
function mayBeBlank(start: usize, stop: usize): bool {
  for (let at = start; at < stop; at++) {
    const byte = load<u8>(at);
    if (byte > SPACE && byte < DELETE) return false;
    // white space beyond ASCII begins with C2, E1, E2, E3 or EF
    if (byte > 0xc2 && byte !== 0xe1 && byte !== 0xe2 && byte !== 0xe3 && byte !== 0xef) return false;
  }
  return true;
}
