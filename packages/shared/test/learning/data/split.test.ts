import { createHash } from "node:crypto";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { MersenneTwister } from "@colaml/shared/learning/data/mersenne-twister";
import { assignParts, PART, trainTestSplit } from "@colaml/shared/learning/data/split";
import fixture from "../../fixtures/sklearn-split.json";

/** sha256 of row numbers as little-endian uint32, as bench/parity/make-text-fixtures.py makes it. */
function digestOf(rows: Uint32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    .digest("hex");
}

function refusalOf(work: () => unknown): { code?: string; message?: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof ColaError) return { code: error.code, message: error.message };
    throw error;
  }
  return {};
}

describe("trainTestSplit", () => {
  it.each(fixture.cases)("picks scikit-learn's rows in its order: case %#", (expected) => {
    const { train, test } = trainTestSplit(
      expected.n,
      expected.testSize,
      expected.seed,
      "strata" in expected ? expected.strata : undefined,
    );
    expect({ train: [...train], test: [...test] }).toEqual({ train: expected.train, test: expected.test });
  });

  it.each(fixture.digests)("picks scikit-learn's rows of $n", (expected) => {
    const { train, test } = trainTestSplit(expected.n, expected.testSize, expected.seed);
    expect({ train: digestOf(train), test: digestOf(test) }).toEqual({
      train: expected.train,
      test: expected.test,
    });
  });

  it("refuses rows that leave a part empty", () => {
    for (const [rows, share] of [
      [1, 0.3],
      [0, 0.3],
      [5, 0],
    ] as const) {
      expect(refusalOf(() => trainTestSplit(rows, share, 42))).toEqual({
        code: "TOO_FEW_ROWS",
        message: `${rows} rows cannot be split with a share of ${share}: both parts need at least one row`,
      });
    }
  });

  it("refuses a stratified split with a class of one row, or more classes than rows of a part", () => {
    const alone = (row: number) => ({
      code: "TOO_FEW_ROWS",
      message: `a stratified split needs two rows of each class: row ${row} is the only one of its class`,
    });
    expect(refusalOf(() => trainTestSplit(5, 0.4, 42, [0, 0, 0, 0, 1]))).toEqual(alone(4));
    expect(refusalOf(() => trainTestSplit(5, 0.4, 42, [0, 1, 1, 1, 1]))).toEqual(alone(0));
    expect(refusalOf(() => trainTestSplit(6, 0.3, 42, [0, 0, 1, 1, 2, 2]))).toEqual({
      code: "TOO_FEW_ROWS",
      message: "a stratified split needs a row of each class in each part: 2 rows for 3 classes",
    });
  });
});

describe("the generator", () => {
  // numpy: RandomState(42).randint(0, max + 1, dtype=uint32), one after the other
  it("gives numpy's integers up to a limit, and takes no number from the seed's for the limit 0", () => {
    const random = new MersenneTwister(42);
    const limits = [0, 1, 5, 0, 99, 2 ** 31 - 1, 2 ** 32 - 1, 7];
    expect(limits.map((limit) => random.nextUpTo(limit))).toEqual([0, 0, 3, 0, 92, 787846414, 3143890026, 7]);
    expect(random.nextUint32()).toBe(2571218620);
  });
});

describe("assignParts", () => {
  const settings = { test_size: 0.3, validation_size: 0.3, random_seed: 42, stratify: false };

  it("cannot keep the shares of classes that it is not given", () => {
    expect(refusalOf(() => assignParts(100, { ...settings, stratify: true }))).toEqual({
      code: "INTERNAL",
      message: "a stratified split needs class codes",
    });
  });

  it("splits off the test rows first and the validation rows from what remains", () => {
    const parts = assignParts(100, settings);
    const expected = fixture.cases.find((one) => one.n === 100 && !("strata" in one))!;
    expect(expected.test.every((row) => parts[row] === PART.test)).toBe(true);
    expect(
      [PART.train, PART.validation, PART.test].map((part) => parts.filter((p) => p === part).length),
    ).toEqual([49, 21, 30]);
  });

  it("keeps the classes' shares in each part if asked to", () => {
    const strata = Uint8Array.from({ length: 1000 }, (_, row) => (row % 10 === 0 ? 1 : 0));
    const parts = assignParts(1000, { ...settings, stratify: true }, strata);
    const positives = (part: number) =>
      strata.filter((code, row) => code === 1 && parts[row] === part).length;
    expect([positives(PART.train), positives(PART.validation), positives(PART.test)]).toEqual([49, 21, 30]);
  });
});
