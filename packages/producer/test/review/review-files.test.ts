import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReviewRow } from "@colaml/producer/review/pick-rows";
import { reviewFile } from "@colaml/producer/review/review-files";
import { type ScoredRow, scoredRows } from "@colaml/producer/review/scored-rows";
import type { ColaError } from "@colaml/shared/errors/cola-error";

const folder = mkdtempSync(join(tmpdir(), "colaml-review-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS: ReviewRow[] = [
  {
    id: "7",
    text: 'where is "it"?\nsecond line',
    predicted: "True",
    confidence: 0.55,
    margin: 0.1,
    reason: "random",
    words: [],
    inclusionProbability: 0.02,
    weight: 100,
  },
  {
    id: "8",
    text: "esim",
    predicted: "False",
    confidence: 0.9,
    margin: 0.8,
    reason: "drifted",
    words: ["esim"],
  },
];

async function scored(name: string, content: string, text: string | string[] = "text") {
  const path = join(folder, name);
  writeFileSync(path, content);
  const pass = { unreadable: 0, notes: [] as string[] };
  const rows: ScoredRow[] = [];
  for await (const row of scoredRows({ path }, text, pass)) rows.push(row);
  return { rows, ...pass };
}

describe("a file of rows to label", () => {
  it("is a CSV whose label is empty, to be filled in", () => {
    expect(reviewFile(ROWS, "csv", false)).toBe(
      [
        "id,label,predicted,margin,reason,words,inclusion_probability,weight,text",
        '7,,True,0.100000000,random,,0.02,100,"where is ""it""?',
        'second line"',
        "8,,False,0.800000000,drifted,esim,,,esim",
        "",
      ].join("\n"),
    );
  });

  it("is tasks of Label Studio, with the model's label only if asked for", () => {
    expect(JSON.parse(reviewFile(ROWS, "label-studio", false))[0]).toEqual({
      data: {
        row_id: "7",
        text: ROWS[0]!.text,
        reason: "random",
        margin: 0.1,
        inclusion_probability: 0.02,
        weight: 100,
      },
    });
    expect(JSON.parse(reviewFile(ROWS, "label-studio", true))[1].predictions).toEqual([
      {
        model_version: "colaml",
        score: 0.9,
        result: [{ from_name: "label", to_name: "text", type: "choices", value: { choices: ["False"] } }],
      },
    ]);
  });

  it("is records of Argilla, one per line", () => {
    const lines = reviewFile(ROWS, "argilla", true).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))[1]).toEqual({
      id: "8",
      fields: { text: "esim" },
      metadata: { reason: "drifted", margin: 0.8, words: "esim" },
      suggestions: { label: { value: "False", score: 0.9, agent: "colaml" } },
      responses: {},
    });
    expect(JSON.parse(reviewFile(ROWS, "argilla", false).split("\n")[0]!).suggestions).toEqual({});
  });
});

describe("the rows of a scored file", () => {
  const HEADER = "id,label,probability_a,probability_b,probability_c,model_version,text\n";

  it("have the margin between the two best classes, in CSV and NDJSON", async () => {
    const csv = `${HEADER}1,b,0.200000000,0.500000000,0.300000000,3,hello\n2,a,x,0.1,0.1,3,broken\n3,c,0,0,1,3,"sure, it is"\n`;
    const { rows, unreadable } = await scored("s.csv", csv);
    expect(unreadable).toBe(1);
    expect(
      rows.map(({ id, predicted, confidence, margin }) => [id, predicted, confidence, margin.toFixed(6)]),
    ).toEqual([
      ["1", "b", 0.5, "0.200000"],
      ["3", "c", 1, "1.000000"],
    ]);
    const line =
      '{"id":"1","label":"b","probability_a":0.25,"probability_b":0.75,"model_version":"3","subject":"s","body":null}\n';
    const json = await scored("s.ndjson", line, ["subject", "body"]);
    expect(json.rows).toEqual([{ id: "1", text: "s\n", predicted: "b", confidence: 0.75, margin: 0.5 }]);
  });

  it("are refused without texts, with the way to have them, and of a file that is not scored", async () => {
    const failure = (content: string) =>
      scored("f.csv", content).catch((error: unknown) => (error as ColaError).message);
    expect(await failure("id,label,probability_a,probability_b,model_version\n1,a,0.6,0.4,3\n")).toMatch(
      /has no column "text".*predict with --pass-through and the text column$/,
    );
    expect(await failure("id,text\n1,x\n")).toMatch(/give a file that cola predict wrote$/);
  });
});
