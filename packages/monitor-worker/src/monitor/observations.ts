import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import type { QualityCheck } from "@colaml/shared/contracts/monitor";
import type { Observation } from "../alerts/alert-engine";
import { isBreached } from "../alerts/alert-state";
import type { Assessment } from "./assessment";
import { worstCheck } from "./check-summary";

const BUILT_IN = { consecutive: 1, cooldown: "0s" } as const;

/**
 * What a check says of every rule: the two that are always there (`quality`: a check failed; `drift`: the level
 * `alert`), and the configured ones. A configured rule of the same name replaces a built-in one.
 */
export function observationsOf(assessment: Assessment, rules: readonly AlertRule[]): Observation[] {
  const own = new Set(rules.map(({ name }) => name));
  const builtIn = [qualityObservation(assessment), driftObservation(assessment)].filter(
    ({ rule }) => !own.has(rule.name),
  );
  return [...builtIn, ...rules.map((rule) => observe(rule, assessment.values))];
}

function observe(rule: AlertRule, values: ReadonlyMap<string, number>): Observation {
  const value = values.get(rule.metric);
  if (value === undefined) return { rule };
  return { rule, value, breached: isBreached(value, rule.comparison, rule.threshold) };
}

/** One incident for the quality of a model, whichever of its checks fail. */
function qualityObservation({ checks, verdict, summary, values }: Assessment): Observation {
  const decided = checks.filter(({ status }) => status !== "no verdict");
  const shown: QualityCheck | undefined = worstCheck(checks, "fail") ?? decided[0];
  const rule = {
    ...BUILT_IN,
    name: "quality",
    metric: shown?.metric ?? "accuracy_score",
    comparison: "<" as const,
    threshold: shown?.bound ?? 0,
    severity: "critical" as const,
  };
  // a check whose labels are all foreign fails without a bound, too
  const value = shown?.value ?? values.get("accuracy_score");
  // A warning is neither a breach nor a recovery: chance is not excluded either way.
  if (verdict === "no verdict" || verdict === "warn" || value === undefined) return { rule };
  return { rule, value, breached: verdict === "fail", message: summary };
}

function driftObservation({ drift, summary }: Assessment): Observation {
  const rule = {
    ...BUILT_IN,
    name: "drift",
    metric: "drift_level",
    comparison: ">=" as const,
    threshold: 2,
    severity: "warning" as const,
  };
  if (!drift) return { rule };
  const value = { none: 0, warning: 1, alert: 2 }[drift.level];
  return { rule, value, breached: value >= 2, message: summary };
}
