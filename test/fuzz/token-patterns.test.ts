import { ColaError } from "@colaml/shared/errors/cola-error";
import { isProvablyLinear } from "@colaml/shared/learning/text/pattern/linear-proof";
import { parsePattern } from "@colaml/shared/learning/text/pattern/parse-pattern";
import { PatternMachine } from "@colaml/shared/learning/text/pattern/pattern-machine";
import { compileProgram } from "@colaml/shared/learning/text/pattern/pattern-program";
import { compileTokenPattern, type TokenPattern } from "@colaml/shared/learning/text/token-pattern";
import {
  backtrackingSteps,
  unitsOf,
} from "../../packages/shared/test/learning/text/pattern/backtracking-steps";
import { fuzz } from "./fuzz-run";
import { damagedPatterns, type PatternCase, patternCases } from "./pattern-cases";
import { hasPython, type PythonOracle, startPython } from "./python-oracle";

/** What Python says: tokens by text, or why not. */
interface Answer {
  tokens?: string[][];
  refused?: string;
  unknown?: string;
}

let python: PythonOracle;
beforeAll(() => {
  if (hasPython) python = startPython();
});
afterAll(() => python?.close());

/** What was compared: a battery that refuses all of it would compare nothing. */
const counts = { refused: 0, v8: 0, machine: 0, scanner: 0, tokens: 0 };

/** The pattern, or undefined if it is refused as it must be: one line, of the right code. */
function compiled(pattern: string): TokenPattern | undefined {
  try {
    return compileTokenPattern(pattern);
  } catch (error) {
    if (!(error instanceof ColaError)) throw error;
    expect([error.code, error.message.split("\n")]).toEqual(["PARAMETER_INVALID", [error.message]]);
    return undefined;
  }
}

/** Takes what Python takes in its meaning, by V8 and by the machine; or refuses it. */
async function matchesAsPython({ pattern, texts }: PatternCase): Promise<void> {
  const ours = compiled(pattern);
  counts[ours?.engine ?? "refused"]++;
  if (ours === undefined) return;
  const { tree, hasGroup } = parsePattern(pattern);
  const program = compileProgram(pattern, tree, hasGroup);
  const machine = new PatternMachine(program);
  const found = texts.map((text) => ours.tokens(text));
  counts.tokens += found.flat().length;
  expect(texts.map((text) => machine.tokens(text))).toEqual(found);
  const units = texts.join("").length;
  expect(machine.steps).toBeLessThanOrEqual((3 * program.instructions.length + 4) * (units + texts.length));
  if (ours.engine === "v8") expectLinear(pattern, program);
  if (!hasPython) return;
  const answer = await python.ask<Answer>({ kind: "pattern", pattern, texts });
  if (answer.unknown === undefined) expect({ tokens: found }).toEqual(answer);
}

/** Going back stays linear: twice the text, about twice the steps. */
function expectLinear(pattern: string, program: Parameters<typeof backtrackingSteps>[0]): void {
  expect(isProvablyLinear(program)).toBe(true);
  for (const unit of unitsOf(pattern).slice(0, 6)) {
    const [short, long] = [100, 200].map((count) => backtrackingSteps(program, unit.repeat(count)));
    expect({ unit, isLinear: long! <= 2.5 * short! + 100, short, long }).toMatchObject({ isLinear: true });
  }
}

describe("token patterns", () => {
  it("find what Python's findall finds, in a number of steps that is linear in the text", async () => {
    await fuzz("token-patterns", patternCases, matchesAsPython, { runs: 200 });
  });

  it("are refused, or taken in Python's meaning, however they are damaged", async () => {
    await fuzz("damaged-patterns", damagedPatterns, matchesAsPython, { runs: 200 });
    const { scanner, ...others } = counts;
    expect(scanner).toBeGreaterThan(0);
    expect(Math.min(...Object.values(others))).toBeGreaterThan(15);
  });
});
