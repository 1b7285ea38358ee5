import { type ClassLetter, type CodePoints, classOf } from "./code-points";
import type { PatternReader } from "./pattern-reader";
import { ASSERTION } from "./pattern-tree";

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ASSERTIONS: Readonly<Record<string, number>> = {
  b: ASSERTION.border,
  B: ASSERTION.noBorder,
  A: ASSERTION.textStart,
  Z: ASSERTION.textEnd,
};
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const BACKSPACE = 8;

export type Escape =
  | { kind: "character"; codePoint: number }
  | { kind: "class"; set: CodePoints }
  | { kind: "assertion"; bit: number };

/**
 * Reads what follows a backslash, as CPython's Lib/re/_parser.py does; `inClass` says whether it stands between
 * brackets.
 *
 * @throws ColaError PARAMETER_INVALID
 */
export function parseEscape(reader: PatternReader, inClass: boolean): Escape {
  const letter = reader.take();
  if (letter === "") return reader.invalid("it ends with a backslash");
  const lower = letter.toLowerCase();
  if (lower === "w" || lower === "d" || lower === "s") {
    const set = classOf(lower satisfies ClassLetter);
    return { kind: "class", set: letter === lower ? set : set.complement() };
  }
  if (inClass && letter === "b") return { kind: "character", codePoint: BACKSPACE };
  const bit = inClass ? undefined : ASSERTIONS[letter];
  if (bit !== undefined) return { kind: "assertion", bit };
  return { kind: "character", codePoint: characterOf(reader, letter, inClass) };
}

function characterOf(reader: PatternReader, letter: string, inClass: boolean): number {
  const control = CONTROLS[letter];
  if (control !== undefined) return control;
  const digits = HEX_DIGITS[letter];
  if (digits !== undefined) return hexadecimal(reader, letter, digits);
  if (/[0-9]/.test(letter)) return octal(reader, letter, inClass);
  if (/[A-Za-z]/.test(letter)) return reader.unsupported(`\\${letter}`);
  return letter.codePointAt(0)!;
}

function hexadecimal(reader: PatternReader, letter: string, digits: number): number {
  const run = reader.takeRun(/^[0-9A-Fa-f]$/, digits);
  const codePoint = Number.parseInt(run, 16);
  if (run.length < digits) return reader.invalid(`\\${letter} needs ${digits} hexadecimal digits`);
  if (codePoint > 0x10ffff) return reader.invalid(`\\${letter}${run} is beyond U+10FFFF`);
  return codePoint;
}

/** Outside of brackets only what begins with 0 is octal; the rest are back-references (or three digits). */
function octal(reader: PatternReader, first: string, inClass: boolean): number {
  if (!inClass && first !== "0") return reader.unsupported(`the back-reference \\${first}`);
  if (first > "7") return reader.invalid(`\\${first} in a class`);
  const value = Number.parseInt(first + reader.takeRun(/^[0-7]$/, 2), 8);
  return value > 0o377 ? reader.invalid("an octal escape beyond \\377") : value;
}
