import { createHash } from "node:crypto";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { assignParts, PART, trainTestSplit } from "@colaml/shared/learning/data/split";
import fixture from "../../fixtures/sklearn-split.json";

/** sha256 of row numbers as little-endian uint32, as bench/parity/make-text-fixtures.py makes it. */
function digestOf(rows: Uint32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
    .digest("hex");
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof ColaError ? error.code : String(error);
  }
  return "nothing thrown";
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
    expect(codeOf(() => trainTestSplit(1, 0.3, 42))).toBe("TOO_FEW_ROWS");
    expect(codeOf(() => trainTestSplit(0, 0.3, 42))).toBe("TOO_FEW_ROWS");
  });

  it("refuses a stratified split with a class of one row, or more classes than rows of a part", () => {
    expect(codeOf(() => trainTestSplit(5, 0.4, 42, [0, 0, 0, 0, 1]))).toBe("TOO_FEW_ROWS");
    expect(codeOf(() => trainTestSplit(6, 0.3, 42, [0, 0, 1, 1, 2, 2]))).toBe("TOO_FEW_ROWS");
  });
});

describe("assignParts", () => {
  const settings = { test_size: 0.3, validation_size: 0.3, random_seed: 42, stratify: false };

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
