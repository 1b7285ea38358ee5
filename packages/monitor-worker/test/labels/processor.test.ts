import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { createLabelsProcessor } from "@colaml/monitor-worker/labels/processor";
import { type LabelsJobInput, labelsJobSchema } from "@colaml/shared/contracts/labels";

let folder: string;
let warned: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labels-"));
  warned = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function deliver(job: LabelsJobInput) {
  const logger = {
    error() {},
    warn: (message: string) => void warned.push(message),
    info() {},
    debug() {},
    child: () => logger,
    close: async () => {},
  };
  const processor = createLabelsProcessor({
    store: new LabelStore(folder),
    columns: { text: "text", label: "label", id: "id" },
    confine: async (path) => path,
    now: () => 0,
  });
  return processor(labelsJobSchema.parse({ model: "m", ...job }), { logger });
}

function write(name: string, lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe("a delivery of labels", () => {
  it("with different labels of one id counts, lists and reports them; the counts add up to the rows", async () => {
    const path = write("answers.csv", [
      "id,label",
      "a,True",
      "b,True",
      "b,False",
      "c,True",
      "c,true",
      ",True",
    ]);
    const result = await deliver({ input: { path } });
    expect(result).toEqual({
      model: "m",
      rows: 5,
      rejected: 1,
      added: 2,
      changed: 0,
      known: 1,
      ambiguous: { ids: 1, rows: 2, first: ["b"] },
      total: 3,
      warnings: [
        "1 rows left out: no id",
        expect.stringMatching(
          /^2 of 5 rows have an id that came with different labels \(1 ids, such as "b"\)/,
        ),
      ],
      seconds: 0,
    });
    expect(warned).toEqual(result.warnings!.map((warning) => `labels of m: ${warning}`));
  });

  it("inside a job is held to the same", async () => {
    const labels = ["True", "False"].map((label) => ({ id: "a", label }));
    expect(await deliver({ labels })).toMatchObject({ rows: 2, added: 0, ambiguous: { ids: 1, rows: 2 } });
  });

  it("inside a job has missing labels as a file has them: they are not labels, unless the job says so", async () => {
    const labels = ["True", "nan", "NULL", "None"].map((label, i) => ({ id: `${i}`, label }));
    expect(await deliver({ labels, maxRejected: 3 })).toMatchObject({
      rows: 1,
      rejected: 3,
      total: 1,
      warnings: ["3 rows left out: no id or no label"],
    });
    await expect(deliver({ labels })).rejects.toMatchObject({ code: "TOO_MANY_REJECTED" });
    expect(await deliver({ labels, missingValues: "empty" })).toMatchObject({
      rows: 4,
      rejected: 0,
      total: 4,
    });
  });

  it("of which more is rejected than the job allows is refused, and nothing of it kept", async () => {
    const input = { path: write("answers.csv", ["id,label", "a,True", "b,", "c,nan", ",True"]) };
    await expect(deliver({ input })).rejects.toMatchObject({
      code: "TOO_MANY_REJECTED",
      message: expect.stringMatching(
        /^3 of 4 rows of .*answers\.csv were rejected \(1 rows left out: no id; 2 /,
      ),
    });
    expect((await new LabelStore(folder).load("m")).size).toBe(0);
    expect(await deliver({ input, maxRejected: 3 })).toMatchObject({ rows: 1, rejected: 3, added: 1 });
  });

  it.each([
    ["in conflict", ["5.70E+17,True", "5.70E+17,False"]],
    ["of one label", ["5.70E+17,True", "5.70E+17,True"]],
  ])("with ids that a spreadsheet shortened says so, and the mend, %s", async (_, rows) => {
    const { warnings } = await deliver({ input: { path: write("damaged.csv", ["id,label", ...rows]) } });
    expect(warnings!.at(-1)).toMatch(/^ids such as "5\.70E\+17" .*spreadsheet.*export the id column as text/);
  });

  it("names the cause if ids that no prediction has look shortened", async () => {
    const predictions = write("scored.csv", ["id,label", "570306133677760513,True"]);
    const path = write("answers.csv", ["id,label", "5.70E+17,True"]);
    const result = await deliver({ input: { path }, predictions });
    expect(result.unknown).toEqual({ count: 1, first: ["5.70E+17"] });
    expect(result.warnings).toEqual([expect.stringMatching(/spreadsheet/)]);
  });
});
