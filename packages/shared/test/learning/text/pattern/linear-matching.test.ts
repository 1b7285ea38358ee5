import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { isProvablyLinear } from "@colaml/shared/learning/text/pattern/linear-proof";
import { parsePattern } from "@colaml/shared/learning/text/pattern/parse-pattern";
import { PatternMachine } from "@colaml/shared/learning/text/pattern/pattern-machine";
import { compileProgram } from "@colaml/shared/learning/text/pattern/pattern-program";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";
import { backtrackingSteps, unitsOf } from "./backtracking-steps";

function programOf(pattern: string) {
  const { tree, hasGroup } = parsePattern(pattern);
  return compileProgram(pattern, tree, hasGroup);
}

/** Patterns on which engines that turn back, or that search again after each match, take too long. */
const HOSTILE = [
  "(?:x+)+y|\\w+",
  "\\w*\\w*\\w*\\w*\\w*!|\\w+",
  "(?:a|a)+b|a",
  "(?:\\w|\\d)+!|\\w",
  "\\w+!|x",
  "\\w+?!|x",
  "(?:a?){1}(?:a?b){2,9}c|a",
  "[a-z]+\\b",
  "a(?:[ab]+c)*",
  "(?s).*=.*|.",
  "\\b(?:\\w+\\s?)*\\w+$|\\w",
  "(?m)^(?:a|b|ab)*c$|[ab]",
  "(?:[ab]{1,9}){1,9}!|a",
  "[ab]{200}a|b",
  "\\B(?:a+)?(?:a+)?(?:a+)?!|\\w",
];

/** 100,000 characters that nearly match. */
function hostileTexts(): string[] {
  const random = new MersenneTwister(5);
  const ofPieces = (pieces: string[]) =>
    Array.from({ length: 100_000 }, () => pieces[random.nextUpTo(pieces.length - 1)]).join("");
  return [..."xa-"]
    .map((char) => char.repeat(100_000))
    .concat(ofPieces(["a", "b"]), ofPieces(["a", "b", " ", "é", "\n"]));
}

/** Patterns that Python takes, and so do we. */
function randomPatterns(): string[] {
  const path = join(__dirname, "../../../fixtures/python-patterns.json");
  const { patterns } = JSON.parse(readFileSync(path, "utf8")) as { patterns: [string, unknown][] };
  return patterns.flatMap(([pattern, found]) => {
    try {
      programOf(pattern);
      return found === null ? [] : [pattern];
    } catch {
      return [];
    }
  });
}

describe("matching a token pattern", () => {
  it("takes a number of steps that is linear in the text, whatever the pattern and the text", () => {
    const texts = hostileTexts();
    for (const pattern of HOSTILE) {
      const program = programOf(pattern);
      const size = program.instructions.length;
      for (const text of texts) {
        const machine = new PatternMachine(program);
        machine.tokens(text);
        const perUnit = machine.steps / text.length;
        expect({ pattern, isBounded: perUnit <= 3 * size + 4, perUnit }).toMatchObject({ isBounded: true });
      }
    }
  });

  it("finds in texts of many blocks what it finds in short ones", () => {
    const machine = new PatternMachine(programOf("(?:#|\\b)(\\w+)!|😀+"));
    const piece = "#aé! b c! 😀😀 日本! ";
    const tokens = machine.tokens(piece);
    expect(tokens).toEqual(["aé", "c", "", "日本"]);
    // Pieces of 21 UTF-16 units: every place in a pair comes to lie on a block's border.
    expect(machine.tokens(piece.repeat(20_000))).toEqual(Array.from({ length: 20_000 }, () => tokens).flat());
  });

  it("follows a match over many blocks", () => {
    const text = `${"ab ".repeat(30_000)}!`;
    expect(new PatternMachine(programOf("(?:\\w+ )+!|x")).tokens(text)).toEqual([text]);
  });

  it.each([
    "(?u)\\b\\w\\w+\\b",
    "\\w\\w+",
    "[a-z]+",
    "[@#]?\\w+",
    "\\S+",
    "[A-Za-z']+",
    "[\\w'-]+",
    "[^\\W\\d_]+",
    "\\b[a-zA-Z]{3,}\\b",
    "\\b[a-z]+(?:'[a-z]+)?\\b",
    "\\w+(?:['-]\\w+)*",
    "\\d+(?:\\.\\d+)?",
    "#(\\w+)",
    "(?i)[a-z]{2,15}",
    "[^\\w\\s]",
  ])("is left to V8 for what people write: %s", (pattern) => {
    expect(compileTokenPattern(pattern).engine).toBe("v8");
  });

  it.each(HOSTILE)("is never left to V8 for %s", (pattern) => {
    expect(isProvablyLinear(programOf(pattern))).toBe(false);
    expect(compileTokenPattern(pattern).engine).toBe("machine");
  });

  it("is left to V8 only if turning back stays linear: counted on an engine that turns back", () => {
    const wrong: unknown[] = [];
    let proved = 0;
    const hostile = programOf("\\w+!|x");
    expect(backtrackingSteps(hostile, "x".repeat(600))).toBeGreaterThan(
      3 * backtrackingSteps(hostile, "x".repeat(300)),
    );
    for (const pattern of randomPatterns()) {
      const program = programOf(pattern);
      if (!isProvablyLinear(program)) continue;
      proved++;
      for (const unit of unitsOf(pattern)) {
        const [short, long] = [300, 600].map((count) => backtrackingSteps(program, unit.repeat(count)));
        // Twice the text: four times the steps would be quadratic.
        if (long! > 2.5 * short!) wrong.push({ pattern, unit, short, long });
      }
    }
    expect(wrong).toEqual([]);
    expect(proved).toBeGreaterThan(300);
  });

  it("gives texts beyond what V8 may remember to the machine, with the same tokens", () => {
    const text = "don't ".repeat(200_000);
    const tokens = compileTokenPattern("\\w+(?:'\\w+)*").tokens(text);
    expect([tokens.length, new Set(tokens)]).toEqual([200_000, new Set(["don't"])]);
  });

  it.each([
    ["(?=a)b", "a look-ahead (?=...) is not supported; allowed are"],
    ["(?<!a)b", "a look-behind (?<!...) is not supported"],
    ["(a)\\1", "the back-reference \\1 is not supported"],
    ["(?P<x>a)(?P=x)", "a back-reference (?P=...) is not supported"],
    ["(?>a+)b", "an atomic group"],
    ["a++", "a possessive quantifier"],
    ["(?i:a)", "(?i: inside a pattern"],
    ["(?a)\\w+", "flags (?a)"],
    ["(a)(b)", "2 capturing groups"],
    ["a*", "matches the empty text"],
    ["\\b", "matches the empty text"],
    ["(?:a*)+b", "the repetition of what may be empty"],
    ["\\p{L}+", "\\p is not supported"],
    ["\\w{2,400}", "too large: allowed are 256 states"],
    ["a{1000000000}", "too large"],
    [`${"(?:".repeat(60)}a${")".repeat(60)}`, "nested more than 50 deep"],
    ["(", "not a regular expression: a ( without its )"],
    ["a)", "a ) without its ("],
    ["[a", "a [ without its ]"],
    ["[b-a]", "runs backwards"],
    ["+a", "nothing stands before"],
    ["a**", "a quantifier behind a quantifier"],
    ["^*a", "an assertion is repeated"],
    ["\\", "ends with a backslash"],
  ])("refuses %s and says why", (pattern, message) => {
    const attempt = () => compileTokenPattern(pattern);
    expect(attempt).toThrow(ColaError);
    expect(attempt).toThrow(
      expect.objectContaining({ code: "PARAMETER_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
