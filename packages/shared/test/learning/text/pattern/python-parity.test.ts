import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { parsePattern } from "@colaml/shared/learning/text/pattern/parse-pattern";
import { PatternMachine } from "@colaml/shared/learning/text/pattern/pattern-machine";
import { compileProgram } from "@colaml/shared/learning/text/pattern/pattern-program";
import { compileTokenPattern } from "@colaml/shared/learning/text/token-pattern";

/** A pattern with texts and what Python's `findall` found in each; null if Python refuses the pattern. */
type Case = [pattern: string, found: [text: string, tokens: string[]][] | null];
/** Made by bench/parity/make-pattern-fixtures.py. */
const fixture = JSON.parse(
  readFileSync(join(__dirname, "../../../fixtures/python-patterns.json"), "utf8"),
) as {
  patterns: Case[];
  damaged: Case[];
};

/** What each way of matching finds, or why the pattern is refused. */
function findAll(pattern: string, texts: string[]) {
  try {
    const compiled = compileTokenPattern(pattern);
    const { tree, hasGroup } = parsePattern(pattern);
    const machine = new PatternMachine(compileProgram(pattern, tree, hasGroup));
    return {
      engine: compiled.engine,
      tokens: texts.map((text) => compiled.tokens(text)),
      machine: texts.map((text) => machine.tokens(text)),
    };
  } catch (error) {
    if (!(error instanceof ColaError) || error.code !== "PARAMETER_INVALID") throw error;
    return { refused: error.message };
  }
}

function compare(cases: Case[]) {
  const counts = { scanner: 0, v8: 0, machine: 0, refused: 0, tokens: 0 };
  const wrong: unknown[] = [];
  for (const [pattern, found] of cases) {
    const ours = findAll(pattern, found?.map(([text]) => text) ?? []);
    if ("refused" in ours) counts.refused++;
    else {
      counts[ours.engine]++;
      const expected = found?.map(([, tokens]) => tokens);
      counts.tokens += expected?.flat().length ?? 0;
      const [ofEngine, ofMachine, python] = [ours.tokens, ours.machine, expected].map((all) =>
        JSON.stringify(all),
      );
      if (ofEngine !== python || ofMachine !== python) wrong.push({ pattern, found, ...ours });
    }
  }
  return { counts, wrong };
}

describe("token patterns against Python's re", () => {
  it("find what findall finds, by V8 and by the machine, and are refused if Python refuses them", () => {
    const { counts, wrong } = compare(fixture.patterns);
    expect(wrong).toEqual([]);
    // A guard against a battery that compares nothing.
    expect(counts.refused).toBeLessThan(50);
    expect(Math.min(counts.v8, counts.machine)).toBeGreaterThan(300);
    expect(counts.tokens).toBeGreaterThan(5000);
  });

  it("are never taken in another meaning, however they are damaged", () => {
    const { counts, wrong } = compare(fixture.damaged);
    expect(wrong).toEqual([]);
    expect(Math.min(counts.v8 + counts.machine, counts.refused)).toBeGreaterThan(300);
  });
});
