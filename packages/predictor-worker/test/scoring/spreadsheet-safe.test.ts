import { outputHeader, outputLine } from "@colaml/predictor-worker/scoring/output-columns";
import { parse } from "csv-parse/sync";
import { examplePlan } from "./example-model";

/** What OWASP lists as the start of a formula, and what only looks like one. */
const FORMULAS = ["=1+1", "+1|cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "-", "=cmd|'/C calc'!A1"];
const HARMLESS = ["-1.5", "+3e-7", ".5", "a=b", "'=1", "", "-1"];

const row = {
  id: "=1",
  label: "=label",
  decision: "@abstain",
  probabilities: [0.25, 0.75],
  explanation: [{ term: "=term", contribution: 0.5 }],
};
const names = [...FORMULAS, ...HARMLESS];
const passThrough = names.map((name, place) => ({ name, place }));

function cells(spreadsheetSafe: boolean, format: "csv" | "tsv"): string[][] {
  const { output } = examplePlan({ output: { format, passThrough, explain: 1, spreadsheetSafe } });
  const header = outputHeader(output, { classes: ["=a", "b"], decides: true });
  const line = outputLine(output, ["=a", "b"], "3", { ...row, passThrough: names });
  // CSV ends lines by LF here: a CR in a cell is quoted.
  return parse(header + line, {
    delimiter: format === "csv" ? "," : "\t",
    record_delimiter: "\n",
  }) as string[][];
}

describe("security point 13: with --spreadsheet-safe", () => {
  it.each(["csv", "tsv"] as const)("no cell of %s is a formula, those of the header included", (format) => {
    const safe = [...FORMULAS.map((name) => `'${name}`), ...HARMLESS];
    expect(cells(true, format)).toEqual([
      ["id", "label", "decision", "probability_=a", "probability_b", "model_version", "explanation", ...safe],
      ["'=1", "'=label", "'@abstain", "0.250000000", "0.750000000", "3", "'=term:+0.5000", ...safe],
    ]);
  });
});

it("without --spreadsheet-safe every cell is as the input has it", () => {
  const [header, line] = cells(false, "csv");
  expect(header!.slice(7)).toEqual(names);
  expect(line!.slice(0, 3)).toEqual(["=1", "=label", "@abstain"]);
  expect(line!.slice(6)).toEqual(["=term:+0.5000", ...names]);
});
