import { assess, type CheckReference } from "@colaml/monitor-worker/monitor/assessment";
import { settingsOf } from "@colaml/monitor-worker/monitor/check-result";
import { RowCollector } from "@colaml/monitor-worker/monitor/collect-rows";
import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import type { ReferenceProfile } from "@colaml/shared/learning/model/reference-profile";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { EMPTY, split } from "../drift/invented-rows";

const CLASSES = ["no", "yes"];
const LIKE = { edges: [1_000], counts: [1_000, 0], designEffect: 1 };
/** The training predicted both classes equally often; every text was short and known. */
const PROFILE: ReferenceProfile = {
  ...EMPTY,
  rows: 1_000,
  classes: CLASSES,
  terms: { words: ["cat"], documentFrequency: [1_000], designEffect: 1 },
  textLength: LIKE,
  outOfVocabulary: { ...LIKE, edges: [0.5] },
  score: { edges: [0.5], counts: [500, 500], designEffect: 1 },
  labels: { predicted: [500, 500], actual: [500, 500], designEffect: 1 },
  calibration: [[{ rows: 1_000, meanProbability: 0.5, positives: 500 }]],
  quality: { rows: 1_000, metrics: { accuracy_score: 0.95, roc_auc: 0.99 } },
};
const settings = settingsOf(
  resolveConfig().monitor,
  monitorJobSchema.parse({ thresholds: { accuracy_score: 0.8 }, minRows: 10, driftMinRows: 100 }),
);

/** Rows of which a share is predicted to be "yes"; of the first ones, if labels are given, the class is wrong. */
function collected(
  rows: number,
  yesShare: number,
  { wrong, label, profile = PROFILE }: { wrong?: number; label?: string; profile?: ReferenceProfile } = {},
) {
  const collector = new RowCollector({ classes: CLASSES, terms: ["cat"], tokenise: split, profile });
  const predicted = Array.from({ length: rows }, (_, i) => (i < rows * yesShare ? 1 : 0));
  collector.add({
    count: rows,
    texts: predicted.map(() => "cat"),
    ...(wrong === undefined
      ? {}
      : { labels: predicted.map((k, i) => label ?? CLASSES[i < wrong ? 1 - k : k]!) }),
    predicted,
    probabilities: Float64Array.from(predicted.flatMap((k) => (k === 1 ? [0.1, 0.9] : [0.9, 0.1]))),
  });
  return collector.result();
}
const reference: CheckReference = { classes: CLASSES, profile: PROFILE };

describe("the drift of a check", () => {
  it("at alert fails it, whatever the labels say", () => {
    const { ok, verdict, drift } = assess(collected(1_000, 0.9, { wrong: 0 }), reference, settings, 0);
    expect([ok, verdict, drift?.level]).toEqual([false, "pass", "alert"]);
  });

  it("below alert does not", () => {
    const { ok, verdict, drift } = assess(collected(1_000, 0.5, { wrong: 0 }), reference, settings, 0);
    expect([ok, verdict, drift?.level]).toEqual([true, "pass", "none"]);
  });

  it("needs as many rows as are asked for, of the check and of the reference", () => {
    expect(assess(collected(100, 0.5), reference, settings, 0).drift).toBeDefined();
    const few = assess(collected(99, 0.9), reference, settings, 0);
    expect(few).not.toHaveProperty("drift");
    expect(few.driftAbsent).toBe("only 99 rows: drift needs 100 (--drift-min-rows, COLAML_DRIFT_MIN_ROWS)");
    const weeks = (rows: number) => ({ path: "/weeks.csv", counts: collected(rows, 0.9).window! });
    const ofFew = assess(collected(1_000, 0.5), { ...reference, drift: weeks(99) }, settings, 0);
    expect(ofFew.driftAbsent).toBe(
      "only 99 rows of the reference: drift needs 100 (--drift-min-rows, COLAML_DRIFT_MIN_ROWS)",
    );
    // Against weeks of 90% "yes", 90% is none.
    const { drift } = assess(collected(1_000, 0.9), { ...reference, drift: weeks(1_000) }, settings, 0);
    expect([drift?.level, drift?.reference]).toEqual(["none", { path: "/weeks.csv", rows: 1_000 }]);
  });

  it("is absent without rows, and without a profile to compare with", () => {
    expect(assess(collected(0, 0), reference, settings, 0).driftAbsent).toBe("no rows to compare");
    const bare = assess(collected(1_000, 0.9), { classes: CLASSES }, settings, 0);
    expect([bare.ok, bare.driftAbsent]).toEqual([
      true,
      "the model has no reference profile (data/reference_profile.json): train it again to compare with its training data",
    ]);
    const { window: _, ...uncounted } = collected(1_000, 0.9);
    expect(assess(uncounted, reference, settings, 0).driftAbsent).toBe(bare.driftAbsent);
  });
});

describe("the quality of a check", () => {
  it("fails it by labels, and says by how much each metric fell below the training's", () => {
    const { ok, verdict, values } = assess(collected(1_000, 0.5, { wrong: 400 }), reference, settings, 0);
    expect([ok, verdict]).toEqual([false, "fail"]);
    // 600 of 1,000 are right: 0.95 - 0.6
    expect(values.get("accuracy_score")).toBeCloseTo(0.6, 12);
    expect(values.get("drop_accuracy_score")).toBeCloseTo(0.35, 12);
    // The profile knows no F1, so nobody can say how far it fell.
    expect(values.has("f1_score")).toBe(true);
    expect(values.has("drop_f1_score")).toBe(false);
    expect(assess(collected(1_000, 0.5), reference, settings, 0).values.has("drop_accuracy_score")).toBe(
      false,
    );
  });

  it("fails it if no label is a class of the model, however few there are", () => {
    const foreign = collected(5, 0.5, { wrong: 0, label: "maybe" });
    const { ok, verdict, drift } = assess(foreign, reference, settings, 0);
    expect([ok, verdict, drift]).toEqual([false, "fail", undefined]);
  });

  it("is held against the training's test rows of each class if the profile has them", () => {
    const classes = { actual: [500, 500], predicted: [500, 500], correct: [475, 475] };
    const quality = { ...PROFILE.quality, classes };
    const dropping = { ...settings, thresholds: {}, drop: { absolute: 0.1 } };
    const checked = (profile: ReferenceProfile) =>
      assess(
        collected(1_000, 0.5, { wrong: 140, profile }),
        { classes: CLASSES, profile },
        dropping,
        0,
      ).checks.find(({ metric }) => metric === "accuracy_score")!;
    // The bound is 0.95 - 0.1 either way; the interval is wider if the test is known to be a sample of 1,000 rows.
    const [exact, sampled] = [checked(PROFILE), checked({ ...PROFILE, quality })];
    expect([exact.bound, sampled.bound]).toEqual([expect.closeTo(0.85, 12), expect.closeTo(0.85, 12)]);
    const width = ({ interval }: typeof exact) => interval![1] - interval![0];
    expect(width(sampled)).toBeGreaterThan(width(exact));
  });
});
