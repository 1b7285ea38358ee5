import { checkEnding } from "@colaml/shared/files/output-endings";

describe("the ending of rows to label", () => {
  it("is the one of their format", () => {
    expect(() => checkEnding("r.csv", "reviewCsv")).not.toThrow();
    expect(() => checkEnding("r.json", "labelStudio")).not.toThrow();
    for (const name of ["r.jsonl", "r.ndjson"]) expect(() => checkEnding(name, "argilla")).not.toThrow();
    expect(() => checkEnding("r.json", "argilla")).toThrow(
      /Argilla records cannot be written as: use \.jsonl or/,
    );
    expect(() => checkEnding("r.csv", "labelStudio")).toThrow(
      /Label Studio tasks cannot be written as: use \.json$/,
    );
    expect(() => checkEnding("r", "reviewCsv")).toThrow(/has no ending/);
  });
});
