import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ComparedModel } from "@colaml/monitor-worker/compare/compared-version";
import { createCompareProcessor } from "@colaml/monitor-worker/compare/processor";
import { type CompareJobInput, compareJobSchema } from "@colaml/shared/contracts/compare";
import { fileDigest } from "@colaml/shared/files/digest";
import { exampleBundle } from "../../../shared/test/mlflow/example-publication";

const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "compare-"));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * One stump on the word `help` each, covers 5 and 5: version 1 has margin 1.2 with it and -0.8 without, version 2 has
 * -0.3 and -0.8. Only rows with the word change, from True to False.
 */
const versions: Record<string, ComparedModel> = {
  "models:/m/1": { name: "m", version: "1", bundle: exampleBundle() },
  "models:/m/2": { name: "m", version: "2", bundle: exampleBundle(["False", "True"], -0.3) },
  "models:/m/3": { name: "m", version: "3", bundle: exampleBundle(["Other", "False", "True"]) },
  "models:/m/4": { name: "m", version: "4", bundle: exampleBundle(["None", "True"]) },
};

function compare(job: Omit<CompareJobInput, "baseline" | "challenger"> & Partial<CompareJobInput>) {
  const process = createCompareProcessor({
    loadModel: async (uri) => versions[uri]!,
    confine: async (path) => path,
  });
  const context = { signal: new AbortController().signal, logger: silent, progress: async () => {} };
  const parsed = compareJobSchema.parse({ baseline: "models:/m/1", challenger: "models:/m/2", ...job });
  return process(parsed, context);
}

async function write(name: string, lines: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
const repeated = (count: number, line: string) => Array.from({ length: count }, () => line);

test("rows without labels: whose label differs, by class, which word did it, and masked examples", async () => {
  const path = await write("unlabelled.csv", [
    "text",
    ...repeated(6, "thanks"),
    "help @ana and call +34 600 123 456",
    ...repeated(3, "help"),
    "",
  ]);
  const result = await compare({ input: { path } });
  expect(result).toMatchObject({ rows: 10, changed: 4, share: 0.4, labelled: 0, better: "undecided" });
  expect(result.qualityAbsent).toBe('the file has no column "inbound"');
  expect(result.byClass).toEqual([
    { label: "False", baseline: 6, challenger: 10, left: 0, joined: 4 },
    { label: "True", baseline: 4, challenger: 0, left: 4, joined: 0 },
  ]);
  expect(result.changes).toEqual([{ from: "True", to: "False", rows: 4 }]);
  // statsmodels: proportion_confint(4, 10, method="wilson")
  expect(result.interval[0]).toBeCloseTo(0.16818, 5);
  expect(result.interval[1]).toBeCloseTo(0.687326, 5);
  // Of the 1.5 between margins 1.2 and -0.3 the word moves 1.0 - 0.25, the base (0.2 against -0.55) the rest.
  expect(result.words).toEqual([
    { word: "help", from: "True", to: "False", rows: 4, share: expect.closeTo(0.5, 6) },
  ]);
  expect(result.elsewhere).toBeCloseTo(0.5, 6);
  expect(result.examples).toHaveLength(4);
  expect(result.examples.map(({ text }) => text)).toContain("help [handle] and call [number]");
  expect(JSON.stringify(result)).not.toMatch(/@ana|600/);
});

test("rows with labels: the quality of both, and McNemar's test decides", async () => {
  const path = await write("labelled.csv", [
    "inbound,text",
    ...repeated(10, "False,help"),
    ...repeated(2, "true,help"),
    ...repeated(8, "False,thanks"),
    ...repeated(5, "Maybe,thanks"),
    ...repeated(3, ",thanks"),
  ]);
  const result = await compare({ input: { path } });
  expect(result).toMatchObject({ rows: 28, labelled: 25, better: "challenger" });
  const { baseline, challenger, test: mcnemar } = result.quality!;
  // Mid-p by the binomial's own terms: 2 * (1 + 12 + 66 / 2) / 2^12.
  expect(mcnemar).toEqual({
    challengerOnly: 10,
    baselineOnly: 2,
    p: expect.closeTo(92 / 4096, 10),
    alpha: 0.05,
  });
  expect(baseline.metrics.accuracy_score).toBeCloseTo(10 / 25, 12);
  expect(challenger.metrics.accuracy_score).toBeCloseTo(18 / 25, 12);
  // scikit-learn: f1_score(actual, predicted, labels=["False", "True"], average="macro"), the five "Maybe" being wrong
  expect(baseline.metrics.macro_f1).toBeCloseTo(0.4009216589861751, 12);
  expect(challenger.metrics.macro_f1).toBeCloseTo(0.4186046511627907, 12);
  expect(result.summary).toMatch(
    /^12 of 28 rows \(42\.9%\) get another label; version 2 is better: only version 2 is right on 10 rows, only version 1 on 2 \(McNemar's p 0\.0225\)$/,
  );
  expect(result.warnings).toEqual([
    expect.stringMatching(/^5 rows have a label that neither version knows \("Maybe"\)/),
  ]);
  const stricter = await compare({ input: { path }, alpha: 0.01 });
  expect(stricter.better).toBe("undecided");
});

test("a label that is a missing value for pandas is none, unless a version has a class of that name", async () => {
  const path = await write("missing.csv", [
    "inbound,text",
    ...repeated(4, "False,thanks"),
    ...repeated(3, "None,thanks"),
    ...repeated(2, "NULL,thanks"),
  ]);
  expect(await compare({ input: { path } })).toMatchObject({ rows: 9, labelled: 4, warnings: [] });
  const named = await compare({ input: { path }, challenger: "models:/m/4" });
  expect(named).toMatchObject({
    labelled: 7,
    quality: { challenger: { metrics: { accuracy_score: 3 / 7 } } },
  });
  const kept = await compare({ input: { path, missingValues: "empty" } });
  expect(kept).toMatchObject({
    labelled: 9,
    warnings: [expect.stringMatching(/"None", "NULL"|"NULL", "None"/)],
  });
});

test("versions with other classes are compared by the names of their labels", async () => {
  const path = await write("classes.csv", ["text,inbound", ...repeated(4, "thanks,Other"), "help,False"]);
  const result = await compare({ input: { path }, challenger: "models:/m/3" });
  // Three groups with margin -0.8 each: the first class, which the baseline does not have, wins.
  expect(result.changes).toContainEqual({ from: "False", to: "Other", rows: 4 });
  expect(result.quality!.test).toMatchObject({ challengerOnly: 4, baselineOnly: 0 });
  expect(result.labelled).toBe(5);
});

test("a file that one of the versions was trained on is named, and a version against itself refused", async () => {
  const path = await write("training.csv", ["text,inbound", "thanks,False", "help,True"]);
  versions["models:/m/4"] = { ...versions["models:/m/2"]!, version: "4", trainedOn: await fileDigest(path) };
  const { warnings } = await compare({ input: { path }, challenger: "models:/m/4" });
  expect(warnings).toEqual([expect.stringMatching(/^m version 4 was trained on rows of this very file/)]);
  await expect(compare({ input: { path }, challenger: "models:/m/1" })).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("are the same version"),
  });
  await expect(compare({ input: { path }, columns: { label: "team" } })).rejects.toMatchObject({
    code: "COLUMN_NOT_FOUND",
  });
});
