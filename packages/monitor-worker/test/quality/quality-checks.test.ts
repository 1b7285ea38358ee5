import { LabelTally } from "@colaml/monitor-worker/quality/label-tally";
import { checkQuality, type QualityBounds, verdictOf } from "@colaml/monitor-worker/quality/quality-checks";
import type { ClassificationMetrics } from "@colaml/shared/metrics/metric-table";

const BOUNDS: QualityBounds = {
  thresholds: { accuracy_score: 0.8 },
  byDefault: {},
  drop: {},
  defaultDrop: 0.05,
  classes: ["False", "True"],
  namedClasses: [],
  minRows: 50,
  falseAlarmRate: 0.01,
};

/** A tally with this many rows right and wrong, both classes among them. */
function accuracyOf(right: number, wrong: number) {
  const tally = new LabelTally(2);
  for (let i = 0; i < right + wrong; i++) tally.add(i % 2, i < right ? i % 2 : 1 - (i % 2), [0.5, 0.5]);
  return tally.quality(["False", "True"]);
}

/** The training's test: 10,000 rows, both classes alike. */
function testOf(accuracy: number, metrics: ClassificationMetrics = { accuracy_score: accuracy }) {
  const correct = [5_000 * accuracy, 5_000 * accuracy];
  return { metrics, classes: { actual: [5_000, 5_000], predicted: [5_000, 5_000], correct } };
}

describe("quality checks", () => {
  it("fail only if the whole interval lies below the bound, else warn", () => {
    expect(checkQuality(accuracyOf(780, 220), BOUNDS)[0]).toMatchObject({ status: "warn", sure: false });
    expect(checkQuality(accuracyOf(500, 500), BOUNDS)[0]).toMatchObject({ status: "fail", sure: true });
    expect(checkQuality(accuracyOf(900, 100), BOUNDS)[0]).toMatchObject({ status: "pass", sure: false });
  });

  it("fail below a threshold set by hand only if chance is excluded over all five metrics", () => {
    // statsmodels: proportion_confint(770, 1000, method="wilson") ends at 0.79501, with alpha=0.004 at 0.80578; of 730
    // at 0.75653 and 0.76841.
    const [near] = checkQuality(accuracyOf(770, 230), BOUNDS);
    expect(near).toMatchObject({ status: "warn", sure: false });
    expect(near!.interval![1]).toBeCloseTo(0.79501, 4);
    expect(checkQuality(accuracyOf(730, 270), BOUNDS)[0]).toMatchObject({ status: "fail" });
  });

  it("give no verdict if too few rows speak, and say so", () => {
    const [check] = checkQuality(accuracyOf(10, 30), BOUNDS);
    expect(check).toMatchObject({ status: "no verdict", n: 40 });
    expect(check!.reason).toMatch(/40 rows.*50/);
    expect(verdictOf([check!])).toBe("no verdict");
  });

  it("hold against the training's test metrics one-sidedly: better never fails", () => {
    const drops = { ...BOUNDS, thresholds: {}, drop: { absolute: 0.05, relative: 0.1 }, test: testOf(0.8) };
    const [absolute, relative] = checkQuality(accuracyOf(7_100, 2_900), drops);
    expect(absolute).toMatchObject({ kind: "absolute drop", status: "fail", bound: 0.75 });
    expect(relative).toMatchObject({ kind: "relative drop", status: "warn" });
    expect(relative!.bound).toBeCloseTo(0.72, 12);
    for (const check of checkQuality(accuracyOf(1_000, 0), drops)) expect(check.status).toBe("pass");
  });

  it("take the training's test as the sample that it is", () => {
    const drops = { ...BOUNDS, thresholds: {}, drop: { absolute: 0.05 } };
    const few = { actual: [50, 50], predicted: [50, 50], correct: [45, 45] };
    const now = accuracyOf(8_100, 1_900);
    const [sure] = checkQuality(now, { ...drops, test: testOf(0.9) });
    const [unsure] = checkQuality(now, {
      ...drops,
      test: { metrics: { accuracy_score: 0.9 }, classes: few },
    });
    expect(sure).toMatchObject({ status: "fail", bound: 0.85 });
    expect(unsure).toMatchObject({ status: "warn", bound: 0.85 });
  });

  it("give no verdict on a drop below a test that few rows speak for", () => {
    const classes = { actual: [30, 19], predicted: [30, 19], correct: [27, 17] };
    const drops = { ...BOUNDS, thresholds: {}, drop: { absolute: 0.05 } };
    const [check] = checkQuality(accuracyOf(500, 500), { ...drops, test: { metrics: {}, classes } });
    expect(check).toMatchObject({ status: "no verdict", value: 0.5 });
    expect(check!.reason).toBe("only 49 rows of the training's test speak for it, a verdict needs 50");
  });

  it("let a default threshold give way that the model itself did not reach, and name the setting", () => {
    const setting = "--accuracy-threshold (COLAML_ACCURACY_THRESHOLD)";
    const byDefault = { ...BOUNDS, byDefault: { accuracy_score: setting }, test: testOf(0.7) };
    const now = accuracyOf(7_000, 3_000);
    const [given] = checkQuality(now, byDefault);
    expect(given).toMatchObject({ status: "pass" });
    expect(given!.bound).toBeCloseTo(0.65, 12);
    expect(given!.reason).toBe(
      `the default threshold 0.8 gives way: the model reached 0.7000 at its own test; ${setting} sets one by hand`,
    );
    expect(checkQuality(now, { ...BOUNDS, test: testOf(0.7) })[0]).toMatchObject({
      status: "fail",
      bound: 0.8,
    });
    expect(checkQuality(now, { ...byDefault, test: testOf(0.9) })[0]).toMatchObject({ bound: 0.8 });
  });

  it("look at the recall of classes that are named, against a threshold and the training's", () => {
    const tally = new LabelTally(3);
    const rows = [
      [300, 0, 0],
      [0, 300, 0],
      [80, 40, 80],
    ];
    for (const [actual, row] of rows.entries())
      for (const [predicted, count] of row.entries())
        for (let i = 0; i < count; i++) tally.add(actual, predicted, [0.3, 0.3, 0.4]);
    const classes = ["a", "b", "c"];
    const counts = {
      actual: [1_000, 1_000, 1_000],
      predicted: [1_000, 1_000, 1_000],
      correct: [900, 900, 900],
    };
    const checks = checkQuality(tally.quality(classes), {
      ...BOUNDS,
      classes,
      thresholds: { class_recall: { c: 0.7 } },
      drop: { absolute: 0.05 },
      namedClasses: ["c", "d"],
      test: { metrics: {}, classes: counts },
    }).filter((check) => check.class !== undefined);
    expect(checks).toMatchObject([
      {
        metric: "recall_score",
        class: "c",
        kind: "threshold",
        value: 0.4,
        n: 200,
        bound: 0.7,
        status: "fail",
      },
      { metric: "recall_score", class: "c", kind: "absolute drop", status: "fail" },
    ]);
    expect(checks[1]!.bound).toBeCloseTo(0.85, 12);
  });

  it("say of a named class that the model does not have", () => {
    const [check] = checkQuality(accuracyOf(90, 10), {
      ...BOUNDS,
      thresholds: { class_recall: { Spam: 0.7 } },
      namedClasses: ["Spam"],
    });
    expect(check).toMatchObject({ class: "Spam", status: "no verdict" });
    expect(check!.reason).toBe('the model has no class "Spam"; its classes: False, True');
  });

  it("are summed up by the worst of them", () => {
    const [pass, warn, fail] = [accuracyOf(900, 100), accuracyOf(780, 220), accuracyOf(500, 500)].map(
      (quality) => checkQuality(quality, BOUNDS)[0]!,
    );
    expect(verdictOf([pass!, warn!])).toBe("warn");
    expect(verdictOf([pass!, fail!, warn!])).toBe("fail");
    expect(verdictOf([])).toBe("no verdict");
  });
});
