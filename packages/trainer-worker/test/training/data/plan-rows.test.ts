import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrainJobInput, trainJobSchema } from "@colaml/shared/contracts/train";
import { splitSchema } from "@colaml/shared/settings/split-settings";
import { readDataset } from "@colaml/shared/tables/dataset-reader";
import { LEFT_OUT, NOT_SAMPLED, planRows } from "@colaml/trainer-worker/training/data/plan-rows";
import { sampleRows } from "@colaml/trainer-worker/training/data/sample-rows";

const split = splitSchema.parse({});
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-rows-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function plan(labels: readonly string[], maxRows = 0, settings = split) {
  const path = join(folder, `${Math.abs(hash(labels.join()))}.csv`);
  await writeFile(path, ["text,inbound", ...labels.map((label, i) => `text ${i},${label}`), ""].join("\n"));
  const columns = { text: "text", label: "inbound" };
  return planRows(readDataset({ path }, columns), jobOf({ path, split: settings, max_train_rows: maxRows }));
}

function jobOf({ path, ...more }: Partial<TrainJobInput> & { path: string }) {
  return trainJobSchema.parse({ dataset: { path }, ...more });
}

/** The plan of a file with columns text and inbound, as it stands. */
async function planOf(lines: readonly string[], more: Partial<TrainJobInput> = {}) {
  const path = join(folder, "lines.csv");
  await writeFile(path, `${(more.columns ? [] : ["text,inbound"]).concat(lines).join("\n")}\n`);
  const columns = { text: "text", label: "inbound" };
  return planRows(readDataset({ path }, columns), jobOf({ path, ...more }));
}

const hash = (text: string) => [...text].reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) | 0, 7);

describe("the plan of the rows", () => {
  it("knows classes, parts and counts after one pass", async () => {
    const planned = await plan(Array.from({ length: 100 }, (_, i) => (i % 3 === 0 ? "TRUE" : "false")));
    expect(planned.classes).toEqual(["False", "True"]);
    expect(planned.rows).toEqual({ train: 49, validation: 21, test: 30, notSampled: 0, leftOut: 0 });
    expect(Array.from(planned.classOf.subarray(0, 4))).toEqual([1, 0, 0, 1]);
    // sklearn: train_test_split(range(100), test_size=0.3, random_state=42)[1][:5] is [83, 53, 70, 45, 44].
    expect([83, 53, 70, 45, 44].map((row) => planned.partOf[row])).toEqual([2, 2, 2, 2, 2]);
  });

  it("splits a seeded sample if there are more rows than max_train_rows", async () => {
    const labels = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? "a" : "b"));
    const planned = await plan(labels, 100);
    expect(planned.rows).toEqual({ train: 49, validation: 21, test: 30, notSampled: 200, leftOut: 0 });
    expect(planned.partOf.filter((part) => part === NOT_SAMPLED)).toHaveLength(200);
    expect((await plan(labels, 100)).partOf).toEqual(planned.partOf);
    const otherSeed = await plan(labels, 100, { ...split, random_seed: 43 });
    expect(otherSeed.partOf).not.toEqual(planned.partOf);
  });

  it("takes constructor and __proto__ as labels like any other", async () => {
    const labels = Array.from({ length: 60 }, (_, i) => ["constructor", "__proto__", "toString"][i % 3]!);
    expect((await plan(labels)).classes).toEqual(["__proto__", "constructor", "toString"]);
  });

  it.each<[string, string[], string, RegExp]>([
    ["one label only", new Array(50).fill("True"), "LABELS_INVALID", /one label only \("True"\)/],
    ["a label a row", Array.from({ length: 1_500 }, (_, i) => `l${i}`), "LABELS_INVALID", /different labels/],
    ["two rows", ["a", "b"], "TOO_FEW_ROWS", /2 rows|1 rows/],
    ["no labels at all", ["", "", ""], "TOO_FEW_ROWS", /3 rejected \(no label: 3\)/],
    ["one odd row that no part can share", [...new Array(40).fill("a"), "b"], "TOO_FEW_ROWS", /of one class/],
  ])("refuses a file with %s", async (_what, labels, code, message) => {
    await expect(plan(labels)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe("rows that are left out", () => {
  const good = (n: number, label: (i: number) => string = (i) => (i % 2 === 0 ? "a" : "b")) =>
    Array.from({ length: n }, (_, i) => `text ${i},${label(i)}`);
  const without = (n: number, label = "a") => Array.from({ length: n }, () => `,${label}`);

  it("are allowed while they are less than half, and refused from half on, with the reason", async () => {
    expect((await planOf([...good(101), ...without(100)])).rows.train).toBe(49);
    await expect(planOf([...good(100), ...without(100)])).rejects.toMatchObject({
      code: "TOO_MANY_REJECTED",
      message: expect.stringMatching(
        /^100 of 200 rows of .*lines\.csv were rejected \(100 rows left out: no text \(first at line 102\)\); allowed is less than 50% of them/,
      ),
    });
  });

  it("are as many as somebody allows: a share, or a count", async () => {
    const lines = [...good(100), ...without(10)];
    await expect(planOf(lines, { max_rejected: 9 })).rejects.toMatchObject({ code: "TOO_MANY_REJECTED" });
    expect((await planOf(lines, { max_rejected: 10 })).classes).toEqual(["a", "b"]);
    await expect(planOf(lines, { max_rejected: 0.05 })).rejects.toMatchObject({ code: "TOO_MANY_REJECTED" });
    expect((await planOf([...good(30), ...without(90)], { max_rejected: 90 })).classes).toEqual(["a", "b"]);
  });

  it.each([
    ["no text", (label: string) => `,${label}`],
    ["wrong number of fields", (label: string) => `one, two,${label}`],
    ["broken quoting", (label: string) => `"one" two,${label}`],
  ])("are not all rows of a class: %s", async (reason, line) => {
    const lines = [...good(100), ...Array.from({ length: 20 }, (_, i) => line(i % 2 === 0 ? "c" : "d"))];
    await expect(planOf(lines)).rejects.toMatchObject({
      code: "TOO_MANY_REJECTED",
      message: expect.stringMatching(
        new RegExp(
          `every row of the classes "c" \\(10 rows\\), "d" \\(10 rows\\) of .*${reason}.*at least 20 trains without`,
        ),
      ),
    });
    expect((await planOf(lines, { max_rejected: 20 })).classes).toEqual(["a", "b"]);
    // one row of the class that can be read is enough to know it
    expect((await planOf([...lines, "x,c", "y,d"], { min_class_rows: 1 })).classes).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  it("are those whose label or text pandas reads as missing", async () => {
    const lines = [...good(60), "x,nan", "x,NULL", "N/A,a", "x,None"];
    expect((await planOf(lines)).classes).toEqual(["a", "b"]);
  });
});

describe("rows of a class that is too small", () => {
  it("are in no part, and the others are split as if they were not in the file", async () => {
    const labels = Array.from({ length: 1_200 }, (_, i) => (i % 3 === 0 ? "a" : "b"));
    const odd = [...labels.slice(0, 500), "rare", ...labels.slice(500), "rare"];
    const [with_, without] = [await plan(odd), await plan(labels)];
    expect(with_.labels).toEqual({ joinedLabels: [], smallClasses: [{ label: "rare", rows: 2 }] });
    expect(with_.rows).toEqual({ ...without.rows, leftOut: 2 });
    expect([with_.partOf[500], with_.partOf.at(-1)]).toEqual([LEFT_OUT, LEFT_OUT]);
    expect(with_.partOf.filter((part) => part !== LEFT_OUT)).toEqual(without.partOf);
    const sampled = await plan(odd, 100);
    expect(sampled.rows).toEqual({ train: 49, validation: 21, test: 30, notSampled: 1_100, leftOut: 2 });
  });
});

describe("a sample of rows", () => {
  it("is sorted, without repetition, and takes every row equally often", () => {
    const hits = new Array(20).fill(0);
    for (let seed = 0; seed < 2_000; seed++) {
      const sample = Array.from(sampleRows(20, 5, seed));
      expect(new Set(sample).size).toBe(5);
      expect(sample).toEqual([...sample].sort((a, b) => a - b));
      for (const row of sample) hits[row]++;
    }
    // 500 expected; five standard deviations are 97.
    for (const count of hits) expect(Math.abs(count - 500)).toBeLessThan(97);
  });

  it("is all rows if there are fewer than asked for", () => {
    expect(Array.from(sampleRows(3, 9, 1))).toEqual([0, 1, 2]);
  });
});
