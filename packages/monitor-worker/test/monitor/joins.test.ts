import { readFile, writeFile } from "node:fs/promises";
import expected from "../fixtures/joins.json";
import { CheckHarness } from "./check-harness";

const CLASSES = ["negative", "neutral", "positive"];
let harness: CheckHarness;
beforeEach(() => {
  harness = new CheckHarness(CLASSES);
});
afterEach(() => harness.close());

/** 100 rows that are all predicted right, with ids of their own. */
const RIGHT = Array.from({ length: 100 }, (_, i) => ({ id: `t${i}`, predicted: CLASSES[i % 3]! }));
const labelsOf = (rows: readonly { id: string; predicted: string }[]) =>
  rows.map(({ id, predicted }) => [id, predicted] as const);
const otherThan = (name: string) => CLASSES[(CLASSES.indexOf(name) + 1) % 3]!;

describe("a join with labels whose ids are not unique", () => {
  it("leaves out rows whose id has different labels, counts and reports them", async () => {
    const twice = RIGHT.slice(0, 5).map(({ id, predicted }) => [id, otherThan(predicted)] as const);
    const labels = harness.labelFile([...labelsOf(RIGHT), ...twice]);
    const result = await harness.check({ predictions: harness.predictions(RIGHT), labels });
    expect(result.metrics.accuracy_score).toBe(1);
    expect(result.n).toBe(95);
    expect(result.labels).toEqual({
      matched: 95,
      unlabelled: 0,
      ambiguous: {
        ids: 5,
        rows: 5,
        first: ["t0", "t1", "t2", "t3", "t4"],
        differentLabels: 5,
        differentRows: 0,
        share: 0.05,
      },
      unknown: { count: 0, first: [] },
    });
    const line = expect.stringMatching(
      /^5 rows are left out of the join.*5 have an id that came with different/,
    );
    expect(result.warnings).toEqual([line]);
    expect(harness.warned).toEqual([line]);
    expect(result.summary).toContain("5 rows not joined: their id is ambiguous");
    expect(harness.runs[0]!.metrics).toContainEqual({ key: "ambiguous_id_rows", value: 5 });
    expect(harness.runs[0]!.metrics).toContainEqual({ key: "ambiguous_id_share", value: 0.05 });
    expect(await readFile(result.report!, "utf8")).toContain("5 more not joined");
  });

  it("reads a labels file in another encoding and with other quotes, if the job says so", async () => {
    const path = harness.labelFile(labelsOf(RIGHT));
    const [header, ...rows] = (await readFile(path, "utf8")).trim().split("\n");
    const odd = rows.map((row) => `'${row.replace(",", "';'")}'`);
    await writeFile(path, Buffer.from([header!.replace(",", ";"), ...odd, ""].join("\n"), "utf16le"));
    const labels = { path, encoding: "utf-16le", quote: "'" };
    const result = await harness.check({ predictions: harness.predictions(RIGHT), labels });
    expect(result).toMatchObject({ n: 100, labels: { matched: 100 } });
    expect(result.metrics.accuracy_score).toBe(1);
  });

  it("takes the same label twice as one", async () => {
    const labels = harness.labelFile([...labelsOf(RIGHT), ...labelsOf(RIGHT)]);
    const result = await harness.check({ predictions: harness.predictions(RIGHT), labels });
    expect(result).toMatchObject({ n: 100, labels: { matched: 100, ambiguous: { rows: 0 } }, warnings: [] });
  });

  it("takes the same row predicted twice as one", async () => {
    const rows = RIGHT.map((row, number) => ({ ...row, number }));
    const predictions = harness.predictions([...rows, ...rows]);
    const result = await harness.check({ predictions, labels: harness.labelFile(labelsOf(RIGHT)) });
    expect(result).toMatchObject({ rows: 200, n: 200, labels: { matched: 200, ambiguous: { rows: 0 } } });
    expect(result.metrics.accuracy_score).toBe(1);
  });

  it("leaves out an id that stands on different rows, whatever its one label says", async () => {
    const rows = [
      ...RIGHT,
      { id: "t0", predicted: "positive" },
      { id: "t1", predicted: RIGHT[1]!.predicted },
    ];
    const predictions = harness.predictions(rows);
    const result = await harness.check({ predictions, labels: harness.labelFile(labelsOf(RIGHT)) });
    expect(result).toMatchObject({
      rows: 102,
      n: 98,
      labels: {
        matched: 98,
        unlabelled: 0,
        ambiguous: { ids: 2, rows: 4, differentRows: 4, first: ["t0", "t1"] },
      },
    });
    expect(result.metrics.accuracy_score).toBe(1);
    expect(harness.warned).toEqual([expect.stringContaining("4 share their id with another row")]);
  });

  it("counts a row without a label as unlabelled, not as ambiguous", async () => {
    const rows = [...RIGHT, { id: "new", predicted: "positive" }, { id: "new", predicted: "negative" }];
    const predictions = harness.predictions(rows);
    const result = await harness.check({ predictions, labels: harness.labelFile(labelsOf(RIGHT)) });
    expect(result.labels).toMatchObject({ matched: 100, unlabelled: 2, ambiguous: { rows: 0 } });
  });

  it("is refused if a spreadsheet shortened the ids, with the mend", async () => {
    const rows = RIGHT.map(({ predicted }, i) => ({ id: i % 2 ? "5.70E+17" : "5.68E+17", predicted }));
    const job = { predictions: harness.predictions(rows), labels: harness.labelFile(labelsOf(rows)) };
    await expect(harness.check(job)).rejects.toMatchObject({
      code: "LABELS_INVALID",
      message: expect.stringMatching(
        /^100 rows are left out.*100\.0% .*--max-ambiguous-ids 0\.1 .*"5\.68E\+17" .*spreadsheet.*export the id column as text/,
      ),
    });
    const allowed = await harness.check({ ...job, maxAmbiguous: 1 });
    expect(allowed).toMatchObject({
      n: 0,
      verdict: "no verdict",
      labels: { ambiguous: { rows: 100, ids: 2 } },
    });
    expect(allowed.metrics).not.toHaveProperty("accuracy_score");
  });

  it("is refused if no row has an id of the labels", async () => {
    const labels = harness.labelFile(
      RIGHT.map(({ predicted }, i) => [`57030613367776${i % 10}000`, predicted]),
    );
    await expect(harness.check({ predictions: harness.predictions(RIGHT), labels })).rejects.toMatchObject({
      code: "LABELS_INVALID",
      message: expect.stringMatching(/^no row has an id of .*labels\.csv.*spreadsheet shortened/),
    });
  });

  it("allows the share that the job or the setting says, and no more", async () => {
    const labels = harness.labelFile([
      ...labelsOf(RIGHT),
      ...RIGHT.slice(0, 10).map(({ id, predicted }) => [id, otherThan(predicted)] as const),
    ]);
    const job = { predictions: harness.predictions(RIGHT), labels };
    expect((await harness.check(job)).labels!.ambiguous!.share).toBe(0.1);
    await expect(harness.check({ ...job, maxAmbiguous: 0.099 })).rejects.toMatchObject({
      code: "LABELS_INVALID",
    });
  });
});

describe("reviews of which 80 share their ids in twos", () => {
  const { rows, byRow, uniqueIds, lastRowWins } = expected.reviews;
  const reviews = rows.id.map((id, i) => ({ id, predicted: rows.predicted[i]!, actual: rows.actual[i]! }));
  const labelled = reviews.map(({ id, actual }) => [id, actual] as const);

  it("have by row order the accuracy that pandas finds, ids or not", async () => {
    const lines = reviews.map(({ id, predicted, actual }, i) => `${id},${predicted} ${i},${actual}`);
    const path = harness.write("reviews.csv", ["id,text,label", ...lines]);
    const result = await harness.check({ input: { path } });
    expect(result).toMatchObject({ rows: 600, n: 600 });
    expect(result.metrics.accuracy_score).toBeCloseTo(byRow, 12);
    // labels that came late under the same ids change nothing: each row has its own
    await harness.deliver(...labelled.slice(0, 560).map(([id, label]) => [id, otherThan(label)] as const));
    const again = await harness.check({ input: { path } });
    expect(again.metrics.accuracy_score).toBeCloseTo(byRow, 12);
    expect(again.labels).toBeUndefined();
  });

  it("have by id that of the rows with an id of their own, never that of the last row", async () => {
    const job = { predictions: harness.predictions(reviews), labels: harness.labelFile(labelled) };
    await expect(harness.check(job)).rejects.toMatchObject({ code: "LABELS_INVALID" });
    const { n, metrics, labels } = await harness.check({ ...job, maxAmbiguous: 0.2 });
    expect(n).toBe(uniqueIds.n);
    expect(metrics.accuracy_score).toBeCloseTo(uniqueIds.accuracy, 12);
    expect(metrics.accuracy_score).not.toBeCloseTo(lastRowWins, 2);
    expect(labels!.ambiguous).toMatchObject({ rows: 80, ids: 40, share: 80 / 600 });
  });
});

describe("labels of several deliveries", () => {
  it("are corrected by a later one, and in conflict within one", async () => {
    await harness.deliver(["t0", "positive"], ["t1", "neutral"]);
    await harness.deliver(["t0", "negative"], ["t2", "positive"], ["t2", "neutral"]);
    const predictions = harness.predictions(RIGHT.slice(0, 3));
    const result = await harness.check({ predictions, maxAmbiguous: 0.5 });
    // t0 is negative by the later delivery, t1 neutral as predicted, t2 either
    expect(result).toMatchObject({ n: 2, labels: { matched: 2, ambiguous: { ids: 1, first: ["t2"] } } });
    expect(result.metrics.accuracy_score).toBe(1);
    await harness.deliver(["t2", "positive"]);
    expect(await harness.check({ predictions })).toMatchObject({ n: 3, labels: { ambiguous: { rows: 0 } } });
  });

  it("are corrected by the file that a check names", async () => {
    await harness.deliver(...labelsOf(RIGHT).map(([id, label]) => [id, otherThan(label)] as const));
    const job = { predictions: harness.predictions(RIGHT), labels: harness.labelFile(labelsOf(RIGHT)) };
    expect((await harness.check(job)).metrics.accuracy_score).toBe(1);
  });

  it("join rows of a file that have no label of their own, by unambiguous ids only", async () => {
    await harness.deliver(["a", "positive"], ["b", "negative"]);
    const lines = [
      "a,positive 1,",
      "b,positive 2,",
      "b,negative 3,negative",
      "c,neutral 4,neutral",
      "d,neutral 5,",
    ];
    const path = harness.write("partly.csv", ["id,text,label", ...lines]);
    const result = await harness.check({ input: { path }, maxAmbiguous: 0.5 });
    expect(result).toMatchObject({
      rows: 5,
      n: 3,
      labels: { matched: 1, unlabelled: 1, ambiguous: { rows: 1, ids: 1, first: ["b"], differentRows: 1 } },
    });
    expect(result.metrics.accuracy_score).toBe(1);
  });
});

describe("a file of labels that is named for a check", () => {
  it.each([
    [
      "labels are missing",
      RIGHT.map(({ id }, i) => [id, i < 60 ? "NULL" : "positive"] as const),
      "60 rows left out: no label",
    ],
    ["ids are blank", RIGHT.map(({ predicted }) => ["", predicted] as const), "100 rows left out: no id"],
  ])("is refused as a delivery of `cola labels` is if most %s", async (_, rows, reason) => {
    const job = { predictions: harness.predictions(RIGHT), labels: harness.labelFile(rows) };
    await expect(harness.check(job)).rejects.toMatchObject({
      code: "TOO_MANY_REJECTED",
      message: expect.stringContaining(reason),
    });
  });

  it("is refused if none of its rows has a label, however many may be rejected", async () => {
    const labels = harness.labelFile(RIGHT.map(({ id }) => [id, "nan"] as const));
    const job = { predictions: harness.predictions(RIGHT), labels, maxRejected: 100 };
    await expect(harness.check(job)).rejects.toMatchObject({
      code: "LABELS_INVALID",
      message: expect.stringMatching(
        /^no row of .*labels\.csv has an id and a label: 100 rows left out: no label/,
      ),
    });
    expect(
      await harness.check({
        ...job,
        labels: harness.labelFile([
          ["t0", "nan"],
          ["t1", "neutral"],
        ]),
      }),
    ).toMatchObject({
      n: 1,
      warnings: expect.arrayContaining([expect.stringMatching(/labels\.csv: 1 rows left out: no label/)]),
    });
  });
});
