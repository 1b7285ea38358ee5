import { ANY, CodePoints, NEWLINE } from "./code-points";
import { ignoringCase } from "./ignored-case";
import { parseClass } from "./parse-class";
import { parseEscape } from "./parse-escape";
import { PatternReader } from "./pattern-reader";
import { ASSERTION, canBeEmpty, type PatternNode } from "./pattern-tree";

/** Groups in groups; deeper ones are a mistake or an attack. */
const MAX_DEPTH = 50;
/** A group with something behind its question mark that we do not take: what it is called. */
const FOREIGN_GROUPS: readonly (readonly [start: string, name: string])[] = [
  ["?=", "a look-ahead (?=...)"],
  ["?!", "a look-ahead (?!...)"],
  ["?<=", "a look-behind (?<=...)"],
  ["?<!", "a look-behind (?<!...)"],
  ["?>", "an atomic group (?>...)"],
  ["?P=", "a back-reference (?P=...)"],
  ["?(", "a conditional (?(...)...)"],
  ["?#", "a comment (?#...)"],
];

/** A pattern as a tree, and whether it has a group whose content, not the whole match, is the token. */
export interface ParsedPattern {
  tree: PatternNode;
  hasGroup: boolean;
}

/**
 * Reads a pattern in the syntax of Python's `re`: the part of it that can be matched in linear time.
 *
 * @throws ColaError PARAMETER_INVALID if it is not a regular expression in Python, or holds what is not supported
 */
export function parsePattern(pattern: string): ParsedPattern {
  return new PatternParser(new PatternReader(pattern)).parse();
}

class PatternParser {
  readonly #reader: PatternReader;
  readonly #flags: string;
  #groups = 0;
  #depth = 0;

  constructor(reader: PatternReader) {
    this.#reader = reader;
    this.#flags = readFlags(reader);
  }

  parse(): ParsedPattern {
    const reader = this.#reader;
    const tree = this.#choice();
    if (reader.next === ")") return reader.invalid("a ) without its (");
    if (this.#groups > 1)
      return reader.unsupported(`more than one capturing group (it has ${this.#groups} capturing groups)`);
    if (canBeEmpty(tree)) return reader.unsupported("a pattern that matches the empty text");
    return { tree, hasGroup: this.#groups === 1 };
  }

  #choice(): PatternNode {
    const branches = [this.#sequence()];
    while (this.#reader.takeIf("|")) branches.push(this.#sequence());
    return branches.length === 1 ? branches[0]! : { kind: "choice", branches };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    for (;;) {
      const { next } = this.#reader;
      if (next === "" || next === "|" || next === ")") break;
      items.push(this.#repeated(this.#atom()));
    }
    return items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  #atom(): PatternNode {
    const reader = this.#reader;
    if (this.#quantifier() !== undefined) return reader.invalid("nothing stands before a quantifier");
    const character = reader.take();
    switch (character) {
      case ".":
        return { kind: "set", set: this.#flags.includes("s") ? ANY : NEWLINE.complement() };
      case "^":
        return { kind: "assertion", bit: this.#isMultiline ? ASSERTION.lineStart : ASSERTION.textStart };
      case "$":
        return { kind: "assertion", bit: this.#isMultiline ? ASSERTION.lineEnd : ASSERTION.lastLineEnd };
      case "[":
        return { kind: "set", set: parseClass(reader, this.#ignoresCase) };
      case "(":
        return this.#group();
      case "\\":
        return this.#escape();
    }
    return this.#character(character.codePointAt(0)!);
  }

  get #isMultiline(): boolean {
    return this.#flags.includes("m");
  }

  get #ignoresCase(): boolean {
    return this.#flags.includes("i");
  }

  #character(codePoint: number): PatternNode {
    const set = CodePoints.of([[codePoint, codePoint]]);
    return { kind: "set", set: this.#ignoresCase ? ignoringCase(set) : set };
  }

  #escape(): PatternNode {
    const read = parseEscape(this.#reader, false);
    if (read.kind === "character") return this.#character(read.codePoint);
    return read.kind === "class" ? { kind: "set", set: read.set } : read;
  }

  #group(): PatternNode {
    const reader = this.#reader;
    const captures = this.#openGroup();
    if (captures) this.#groups++;
    if (++this.#depth > MAX_DEPTH) return reader.unsupported(`groups nested more than ${MAX_DEPTH} deep`);
    const item = this.#choice();
    this.#depth--;
    if (!reader.takeIf(")")) return reader.invalid("a ( without its )");
    return captures ? { kind: "group", item } : item;
  }

  /** Reads what follows an opening bracket. Returns whether the group captures. */
  #openGroup(): boolean {
    const reader = this.#reader;
    if (reader.next !== "?") return true;
    if (reader.takeIf("?:")) return false;
    if (reader.takeIf("?P<")) {
      const name = reader.takeRun(/^[A-Za-z0-9_]$/);
      if (!/^[A-Za-z_]/.test(name) || !reader.takeIf(">")) return reader.unsupported("this group's name");
      return true;
    }
    const foreign = FOREIGN_GROUPS.find(([start]) => reader.startsWith(start));
    const start = reader.takeRun(/^[?A-Za-z<-]$/, 6) + (reader.takeIf(":") ? ":" : "");
    return reader.unsupported(foreign?.[1] ?? `(${start} inside a pattern`);
  }

  /** The node with the quantifier that follows, if one does. */
  #repeated(item: PatternNode): PatternNode {
    const reader = this.#reader;
    const range = this.#quantifier();
    if (range === undefined) return item;
    const [min, max] = range;
    if (item.kind === "assertion") return reader.invalid("an assertion is repeated");
    const greedy = !reader.takeIf("?");
    if (greedy && reader.next === "+") return reader.unsupported("a possessive quantifier");
    if (this.#quantifier() !== undefined) return reader.invalid("a quantifier behind a quantifier");
    if (max > 1 && canBeEmpty(item)) return reader.unsupported("the repetition of what may be empty");
    return { kind: "repeat", item, min, max, greedy };
  }

  /** Least and most of a quantifier; undefined if none comes next: `{` may stand for itself. */
  #quantifier(): [min: number, max: number] | undefined {
    const reader = this.#reader;
    if (reader.takeIf("*")) return [0, Number.POSITIVE_INFINITY];
    if (reader.takeIf("+")) return [1, Number.POSITIVE_INFINITY];
    if (reader.takeIf("?")) return [0, 1];
    const start = reader.at;
    if (!reader.takeIf("{") || reader.next === "}") {
      reader.at = start;
      return undefined;
    }
    const low = reader.takeRun(/^[0-9]$/);
    const high = reader.takeIf(",") ? reader.takeRun(/^[0-9]$/) : low;
    if (!reader.takeIf("}")) {
      reader.at = start;
      return undefined;
    }
    const min = Number(low);
    const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (max < min) return reader.invalid(`{${low},${high}} runs backwards`);
    return [min, max];
  }
}

/** Reads `(?...)` at the start; Python takes several. */
function readFlags(reader: PatternReader): string {
  let flags = "";
  for (;;) {
    const start = reader.at;
    if (!reader.takeIf("(?")) return flags;
    const letters = reader.takeRun(/^[a-zA-Z]$/);
    if (letters === "" || !reader.takeIf(")")) {
      reader.at = start;
      return flags;
    }
    if (/[^uims]/.test(letters)) return reader.unsupported(`flags (?${letters})`);
    flags += letters;
  }
}
