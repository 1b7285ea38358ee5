import { RegexpTokenizer } from "natural/lib/natural/tokenizers/regexp_tokenizer";
import { isProvablyLinear } from "./pattern/linear-proof";
import { type ParsedPattern, parsePattern } from "./pattern/parse-pattern";
import { PatternMachine } from "./pattern/pattern-machine";
import { compileProgram } from "./pattern/pattern-program";
import { canBeEmpty, type PatternNode } from "./pattern/pattern-tree";
import { v8Source } from "./pattern/v8-source";
import { isWordPattern, scanWords } from "./word-scanner";

/** Longer texts go to the machine: what V8 remembers of a text to go back is limited. */
const MAX_V8_LENGTH = 1 << 20;
/** Patterns kept compiled: a worker has few models and one training at a time. */
const KEPT = 16;

/** A token pattern ready to match. */
export interface TokenPattern {
  /** `scanner`: for the default patterns; `v8`: JavaScript's own engine, proved to be linear; `machine`: our own. */
  readonly engine: "scanner" | "v8" | "machine";
  /** All tokens of a text: what Python's `findall` gives. Time is linear in the text. */
  tokens(text: string): string[];
}

const compiled = new Map<string, TokenPattern>();

/**
 * A token pattern in Python's syntax, as scikit-learn takes it: `\w`, `\d`, `\s` and `\b` keep Python's Unicode
 * meaning. Compiled once per process while it is in use.
 *
 * @throws ColaError PARAMETER_INVALID if it is not a regular expression, holds what cannot be matched in linear
 *   time (look-around, back-references), can match the empty text, or is too large
 * @example compileTokenPattern("(?u)\\b\\w\\w+\\b").tokens("I ñu a1 x") // ["ñu", "a1"]
 */
export function compileTokenPattern(pattern: string): TokenPattern {
  const known = compiled.get(pattern) ?? compile(pattern);
  compiled.delete(pattern);
  compiled.set(pattern, known);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= KEPT) break;
    compiled.delete(oldest);
  }
  return known;
}

function compile(pattern: string): TokenPattern {
  if (isWordPattern(pattern)) return { engine: "scanner", tokens: scanWords };
  const parsed = parsePattern(pattern);
  const program = compileProgram(pattern, parsed.tree, parsed.hasGroup);
  const machine = new PatternMachine(program);
  const byMachine = (text: string) => machine.tokens(text);
  // JavaScript forgets what a group held when its repetition begins anew, Python does not.
  if (!isProvablyLinear(program) || differsInV8(parsed.tree)) return { engine: "machine", tokens: byMachine };
  const byV8 = v8Tokens(parsed);
  return { engine: "v8", tokens: (text) => (text.length > MAX_V8_LENGTH ? byMachine(text) : byV8(text)) };
}

function v8Tokens({ tree, hasGroup }: ParsedPattern): (text: string) => string[] {
  const expression = new RegExp(v8Source(tree), "gv");
  if (hasGroup) return (text) => Array.from(text.matchAll(expression), (match) => match[1] ?? "");
  const tokenizer = new RegexpTokenizer({ pattern: expression, gaps: false });
  return (text) => tokenizer.tokenize(text) ?? [];
}

/**
 * Whether JavaScript may give another match: it forgets what a group held when a repetition begins anew, and takes no
 * empty repetition; Python keeps the one and takes the other.
 */
function differsInV8(node: PatternNode, isRepeated = false): boolean {
  switch (node.kind) {
    case "group":
      return isRepeated || differsInV8(node.item);
    case "sequence":
      return node.items.some((item) => differsInV8(item, isRepeated));
    case "choice":
      return node.branches.some((branch) => differsInV8(branch, isRepeated));
    case "repeat":
      return canBeEmpty(node.item) || differsInV8(node.item, isRepeated || node.max > 1);
    default:
      return false;
  }
}
