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
/** The classes' names as cells: pointer and length (u32 each) for each class. */
export let classCells: usize = 0;
export let classes: i32 = 2;
/** Fields copied behind: u32 each. */
export let copied: usize = 0;
export let copiedCount: i32 = 0;

/** Writes the line of a record at `to`, its number in the range given, and returns the place behind. */
export function writeLine(to: usize, record: u64, label: i32): usize {
  if (idField >= 0) to = copyField(to, idField);
  else to = writeNumber(to, recordsBefore + record);
  store<u8>(to++, delimiter);
  const cell = classCells + ((label as usize) << 3);
  to = copy(to, load<u32>(cell), load<u32>(cell, 4));
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
