import { checkTrainerMemory } from "@colaml/trainer-worker/training/data/check-trainer-memory";

const plan = (train: number) => ({
  rows: {
    train,
    validation: Math.round(train * 0.43),
    test: Math.round(train * 0.61),
    notSampled: 0,
    leftOut: 0,
  },
  classes: ["False", "True"],
});
/** Every term in `share` of the training rows. */
const terms = (n: number, rows: number, share: number) => ({
  documentFrequency: new Uint32Array(n).fill(Math.round(rows * share)),
});

describe("the memory check", () => {
  it("lets 3 million tweets of 100 features through a trainer of 2 GB", () => {
    expect(() =>
      checkTrainerMemory(plan(1_470_000), terms(100, 1_470_000, 0.06), { depth: 6 }, 2048),
    ).not.toThrow();
  });

  it("refuses what does not fit, and what it names as fitting does fit", () => {
    const rows = 2_000_000;
    const check = (n: number, features: number, mb: number) =>
      checkTrainerMemory(plan(n), terms(features, n, 0.05), { depth: 6 }, mb);
    let message = "";
    try {
      check(rows, 400, 1024);
    } catch (error) {
      expect(error).toMatchObject({ code: "INPUT_TOO_LARGE" });
      message = (error as Error).message;
    }
    const [, maxRows, maxFeatures] = /max_train_rows (\d+) or max_features (\d+) would fit/
      .exec(message)!
      .map(Number);
    expect(() => check(rows, maxFeatures!, 1024)).not.toThrow();
    expect(() => check(rows, maxFeatures! + 1, 1024)).toThrow();
    const share = rows / (rows + Math.round(rows * 0.43) + Math.round(rows * 0.61));
    expect(() => check(Math.floor(maxRows! * share), 400, 1024)).not.toThrow();
    expect(() => check(Math.ceil(maxRows! * share * 1.03), 400, 1024)).toThrow();
  });

  it("refuses more probabilities than it can hold", () => {
    // 1,040,000 held-out rows x 500 classes x 8 bytes are 3.9 GiB.
    const classes = Array.from({ length: 500 }, (_, i) => `class ${i}`);
    const { rows } = plan(1_000_000);
    expect(() =>
      checkTrainerMemory({ rows, classes }, terms(10, 1_000_000, 0.01), { depth: 2 }, 2048),
    ).toThrow(
      expect.objectContaining({
        code: "INPUT_TOO_LARGE",
        message: expect.stringMatching(/1040000 held-out rows x 500 classes.*max_train_rows \d+ would fit/),
      }),
    );
  });

  it("says so if nothing would fit", () => {
    expect(() => checkTrainerMemory(plan(1_000_000), terms(100, 1_000_000, 0.9), { depth: 6 }, 1)).toThrow(
      expect.objectContaining({ code: "INPUT_TOO_LARGE" }),
    );
  });
});
