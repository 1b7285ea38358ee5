import type { Assessment } from "@colaml/monitor-worker/monitor/assessment";
import { observationsOf } from "@colaml/monitor-worker/monitor/observations";
import { type AlertRule, alertRuleSchema } from "@colaml/shared/contracts/alert-rules";
import type { DriftLevel, QualityCheck } from "@colaml/shared/contracts/monitor";

const checkOf = (more: Partial<QualityCheck>): QualityCheck => ({
  metric: "accuracy_score",
  kind: "threshold",
  bound: 0.8,
  n: 100,
  status: "pass",
  sure: false,
  value: 0.9,
  ...more,
});
const driftOf = (level: DriftLevel): NonNullable<Assessment["drift"]> => ({
  rows: 100,
  level,
  scores: [],
  rose: [],
  fell: [],
  outOfVocabularyShare: { reference: 0, current: 0 },
});
const assessed = (more: Partial<Assessment> = {}): Assessment => ({
  ok: true,
  verdict: "pass",
  summary: "in one line",
  checks: [checkOf({})],
  values: new Map([["accuracy_score", 0.9]]),
  ...more,
});
/** What the check says of the rule of this name. */
const of = (name: string, assessment: Assessment, rules: AlertRule[] = []) =>
  observationsOf(assessment, rules).find(({ rule }) => rule.name === name)!;

describe("the drift of a check", () => {
  it.each([
    ["none", 0, false],
    ["warning", 1, false],
    ["alert", 2, true],
  ] as const)("of level %s has the value %d; an incident: %s", (level, value, breached) => {
    expect(of("drift", assessed({ drift: driftOf(level) }))).toEqual({
      rule: {
        name: "drift",
        metric: "drift_level",
        comparison: ">=",
        threshold: 2,
        severity: "warning",
        consecutive: 1,
        cooldown: "0s",
      },
      value,
      breached,
      message: "in one line",
    });
  });

  it("that was not compared is neither a breach nor a recovery", () => {
    expect(of("drift", assessed())).toEqual({ rule: expect.objectContaining({ name: "drift" }) });
  });
});

describe("the quality of a check", () => {
  const low = checkOf({ metric: "f1_score", bound: 0.7, value: 0.65, status: "fail" });
  const lowest = checkOf({ metric: "recall_score", bound: 0.9, value: 0.5, status: "fail" });

  it("that fails is one incident, named for the check that lies furthest below its bound", () => {
    expect(of("quality", assessed({ verdict: "fail", checks: [checkOf({}), low, lowest] }))).toEqual({
      rule: {
        name: "quality",
        metric: "recall_score",
        comparison: "<",
        threshold: 0.9,
        severity: "critical",
        consecutive: 1,
        cooldown: "0s",
      },
      value: 0.5,
      breached: true,
      message: "in one line",
    });
  });

  it("that passes is held against its first check that could be decided", () => {
    const undecided = checkOf({ metric: "roc_auc", status: "no verdict" });
    const { rule, value, breached } = of("quality", assessed({ checks: [undecided, checkOf({})] }));
    expect([rule.metric, rule.threshold, value, breached]).toEqual(["accuracy_score", 0.8, 0.9, false]);
  });

  it("that fails without any bound, for all labels are foreign, is an incident by the accuracy", () => {
    const values = new Map([["accuracy_score", 0]]);
    const { rule, value, breached } = of("quality", assessed({ verdict: "fail", checks: [], values }));
    expect([rule.metric, rule.threshold, value, breached]).toEqual(["accuracy_score", 0, 0, true]);
  });

  it.each([
    ["warns", assessed({ verdict: "warn", checks: [checkOf({ status: "warn" })] })],
    ["gives no verdict", assessed({ verdict: "no verdict", checks: [] })],
    ["passes without a value", assessed({ checks: [], values: new Map() })],
  ])("that %s is neither a breach nor a recovery", (_what, assessment) => {
    expect(of("quality", assessment)).toEqual({ rule: expect.objectContaining({ name: "quality" }) });
  });
});

describe("a configured rule", () => {
  const ruleOf = (more: object) =>
    alertRuleSchema.parse({
      name: "mine",
      metric: "accuracy_score",
      comparison: "<",
      threshold: 0.95,
      ...more,
    });

  it("watches its metric, and knows nothing if that has no value", () => {
    const [rule, other] = [ruleOf({}), ruleOf({ name: "other", metric: "log_loss" })];
    expect(of("mine", assessed(), [rule])).toEqual({ rule, value: 0.9, breached: true });
    expect(of("other", assessed(), [other])).toEqual({ rule: other });
  });

  it("takes the place of a built-in one of its name, and the others stay", () => {
    const drift = ruleOf({ name: "drift", threshold: 0.5 });
    const found = observationsOf(assessed({ drift: driftOf("alert") }), [drift]);
    expect(found.map(({ rule }) => rule.name)).toEqual(["quality", "drift"]);
    expect(found[1]).toEqual({ rule: drift, value: 0.9, breached: false });
  });
});
