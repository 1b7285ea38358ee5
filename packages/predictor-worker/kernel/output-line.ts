import { copy } from "./bytes";
import { probabilityOf } from "./probabilities";
import { delimiter, fieldEnd, fieldStart } from "./record";

const LF: u8 = 10;
const ZERO: u8 = 48;
/** Decimals of a probability: an absolute error below 5e-10, finer than float32 anywhere above 0.01. */
export const PROBABILITY_DECIMALS = 9;
const SCALE: f64 = 1e9;

/** The field that is the id; below 0, the record's number is. */
export let idField: i32 = 0;
/** Records of the file before the first one of the range. */
export let recordsBefore: u64 = 0;
/** What follows the probabilities: the model version, its delimiters before it. */
export let version: usize = 0;
export let versionBytes: usize = 0;
/** The classes' names as cells: pointer and length (u32 each) for each class; behind them the word for abstaining. */
export let classCells: usize = 0;
export let classes: i32 = 2;
/** Fields copied behind: u32 each. */
export let copied: usize = 0;
export let copiedCount: i32 = 0;

/**
 * Writes the line of a record at `to`, its number in the range given, and returns the place behind. A decision below 0
 * is not written.
 */
export function writeLine(to: usize, record: u64, label: i32, decision: i32): usize {
  if (idField >= 0) to = copyField(to, idField);
  else to = writeNumber(to, recordsBefore + record);
  store<u8>(to++, delimiter);
  to = writeName(to, label);
  if (decision >= 0) {
    store<u8>(to++, delimiter);
    to = writeName(to, decision);
  }
  for (let k = 0; k < classes; k++) {
    store<u8>(to++, delimiter);
    to = writeProbability(to, probabilityOf(k));
  }
  to = copy(to, version, versionBytes);
  for (let i = 0; i < copiedCount; i++) {
    store<u8>(to++, delimiter);
    to = copyField(to, load<i32>(copied + ((i as usize) << 2)));
  }
  store<u8>(to++, LF);
  return to;
}

/** The cell of a class, or of the word for abstaining. */
function writeName(to: usize, name: i32): usize {
  const cell = classCells + ((name as usize) << 3);
  return copy(to, load<u32>(cell), load<u32>(cell, 4));
}

/** A field as it stands in the input, quotes included. */
function copyField(to: usize, field: i32): usize {
  const start = fieldStart(field);
  return copy(to, start, fieldEnd(field) - start);
}

/** A probability with nine decimals, half away from 0. */
function writeProbability(to: usize, probability: f64): usize {
  const exact = probability * SCALE;
  const below = floor(exact);
  let scaled = (below as u32) + (exact - below >= 0.5 ? 1 : 0);
  const one = scaled >= 1_000_000_000;
  store<u8>(to, one ? ZERO + 1 : ZERO);
  store<u8>(to + 1, 46);
  if (one) scaled = 0;
  for (let at = to + 1 + PROBABILITY_DECIMALS; at > to + 1; at--) {
    store<u8>(at, ZERO + ((scaled % 10) as u8));
    scaled /= 10;
  }
  return to + 2 + PROBABILITY_DECIMALS;
}

function writeNumber(to: usize, value: u64): usize {
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  for (let at = to + digits - 1; at >= to; at--) {
    store<u8>(at, ZERO + ((value % 10) as u8));
    value /= 10;
  }
  return to + digits;
}
