import { ColaError } from "../errors/cola-error";
import { WORD_CLASS } from "./word-characters";

/** The default: a word of any length. */
export const WORD_PATTERN = "\\b\\w+\\b";

const SPACE_CLASS = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const CLASSES: Readonly<Record<string, string>> = { w: WORD_CLASS, d: "\\p{Nd}", s: SPACE_CLASS };
const W = `[${WORD_CLASS}]`;
const NOT_BORDER = `(?:(?<=${W})(?=${W})|(?<!${W})(?!${W}))`;
const BORDER = `(?:(?<=${W})(?!${W})|(?<!${W})(?=${W}))`;
const ANCHORS: Readonly<Record<string, string>> = {
  b: BORDER,
  B: NOT_BORDER,
  A: "(?<![\\s\\S])",
  Z: "(?![\\s\\S])",
};
/** What may follow a backslash under JavaScript's `u` flag and means the same in Python. */
const KEPT_ESCAPES = /[\^$\\.*+?()[\]{}|/tnrfv0-9xu]/;

function invalid(pattern: string, why: string, cause?: unknown): ColaError {
  return new ColaError("PARAMETER_INVALID", `token_pattern ${JSON.stringify(pattern)}: ${why}`, { cause });
}

/** Rewrites the escape behind a backslash; `inClass` says whether it stands between brackets. */
function translateEscape(pattern: string, letter: string, inClass: boolean): string {
  const lower = letter.toLowerCase();
  const known = CLASSES[lower];
  if (known !== undefined) {
    if (letter === lower) return inClass ? known : `[${known}]`;
    if (inClass && lower !== "d") throw invalid(pattern, `\\${letter} inside brackets is not supported`);
    return inClass ? "\\P{Nd}" : `[^${known}]`;
  }
  const anchor = inClass ? undefined : ANCHORS[letter];
  if (anchor !== undefined) return anchor;
  if (inClass && letter === "b") return "\\b";
  if (KEPT_ESCAPES.test(letter) || (inClass && letter === "-")) return `\\${letter}`;
  if (/[A-Za-z]/.test(letter)) throw invalid(pattern, `\\${letter} is not supported`);
  return letter;
}

/** Python's syntax of a pattern as JavaScript's under the `u` flag. */
function translate(pattern: string): { source: string; flags: string } {
  const inline = /^\(\?([a-zA-Z]+)\)/.exec(pattern);
  const flags = inline?.[1] ?? "";
  if (/[^uims]/.test(flags))
    throw invalid(pattern, `flags (?${flags}) are not supported: only u, i, m, s are`);
  let source = "";
  let inClass = false;
  for (let i = inline?.[0].length ?? 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === "\\") {
      i++;
      if (i === pattern.length) throw invalid(pattern, "it ends with a backslash");
      source += translateEscape(pattern, pattern[i]!, inClass);
    } else if (inClass) {
      inClass = char !== "]";
      source += char === "[" ? "\\[" : char;
    } else if (char === "[") {
      inClass = true;
      source += char;
      if (pattern[i + 1] === "^") source += pattern[++i];
      // Python takes a bracket that comes first for itself.
      if (pattern[i + 1] === "]") source += `\\${pattern[++i]}`;
    } else if (pattern.startsWith("(?P<", i)) {
      source += "(?<";
      i += 3;
    } else source += char;
  }
  return { source, flags: `gu${flags.replaceAll("u", "")}` };
}

/** Groups that capture: scikit-learn takes one's content for the token and refuses more. */
function countGroups(expression: RegExp): number {
  return (new RegExp(`${expression.source}|`, expression.flags.replace("g", "")).exec("")?.length ?? 1) - 1;
}

/** What patterns for words backtrack over. */
const PROBES = ["a", "0", "_", " ", "-", "'", "é", "a0", "a-", "#a", "aA "];
/** Characters of a probe: exponential time shows at 32, polynomial does not. */
const PROBE_LENGTHS = [16, 20, 24, 28, 32];
/** A probe that takes longer than this backtracks exponentially; sound patterns take microseconds. */
const MAX_PROBE_MS = 40;

/** Whether matching is slow each time: once it may be that another process had the core. */
function isSlow(text: string, expression: RegExp): boolean {
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    text.match(expression);
    if (performance.now() - start <= MAX_PROBE_MS) return false;
  }
  return true;
}

/**
 * Refuses patterns such as `(a+)+b`, on which one hostile text could keep a worker busy for years. A heuristic:
 * texts that nearly match are tried, longer and longer, and the clock is looked at.
 */
function checkLinear(pattern: string, expression: RegExp): void {
  for (const probe of PROBES) {
    for (const length of PROBE_LENGTHS) {
      const text = `${probe.repeat(Math.ceil(length / probe.length))}\u0000`;
      if (!isSlow(text, expression)) continue;
      throw invalid(pattern, "it takes exponential time on some texts (nested repetition?)");
    }
  }
}

/**
 * A token pattern in Python's syntax, as scikit-learn takes it, compiled to JavaScript: `\w`, `\d`, `\s` and
 * `\b` keep Python's Unicode meaning.
 *
 * @returns the expression (flags `gu`), and whether its one group, not the whole match, is the token
 * @throws ColaError PARAMETER_INVALID
 * @example compileTokenPattern("(?u)\\b\\w\\w+\\b").expression.test("ñu") // true
 */
export function compileTokenPattern(pattern: string): { expression: RegExp; hasGroup: boolean } {
  const { source, flags } = translate(pattern);
  let expression: RegExp;
  try {
    expression = new RegExp(source, flags);
  } catch (cause) {
    throw invalid(pattern, "it is not a regular expression", cause);
  }
  const groups = countGroups(expression);
  if (groups > 1) throw invalid(pattern, `it has ${groups} capturing groups: at most one is allowed`);
  if (new RegExp(source, flags.replace("g", "")).test(""))
    throw invalid(pattern, "it matches the empty text");
  checkLinear(pattern, expression);
  return { expression, hasGroup: groups === 1 };
}
