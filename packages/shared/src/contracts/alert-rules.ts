import { type ZodType, z } from "zod";
import { QUALITY_METRICS } from "../metrics/metric-table";
import { safeName } from "../settings/safe-name";
import { CATALOGUE, type JobOf, STARTABLE_QUEUES, type StartableQueue } from "./catalogue";
import { DRIFT_STATISTICS } from "./monitor";

/** Every metric a rule can watch, by the name it has in MLflow. */
const RULE_METRICS: readonly string[] = [
  ...QUALITY_METRICS,
  "log_loss",
  ...QUALITY_METRICS.map((metric) => `estimated_${metric}`),
  ...QUALITY_METRICS.map((metric) => `estimated_shares_shifted_${metric}`),
  ...QUALITY_METRICS.map((metric) => `drop_${metric}`),
  ...DRIFT_STATISTICS.flatMap((statistic) => [
    `drift_psi_${statistic}`,
    `drift_js_${statistic}`,
    `drift_level_${statistic}`,
  ]),
  "drift_level",
  "failed_checks",
  "warned_checks",
  "out_of_vocabulary_share",
  "rejected_share",
  "abstain_share",
  "foreign_label_share",
  "ambiguous_id_share",
];

const CLASS_RECALL = "class_recall/";

/** Name of the metric that is the recall of one class, for rules and in MLflow. */
export const classRecallMetric = (name: string) => `${CLASS_RECALL}${name}`;

/** The class whose recall a rule watches, if it watches one. */
export function classOfRule(metric: string): string | undefined {
  return metric.startsWith(CLASS_RECALL) ? metric.slice(CLASS_RECALL.length) : undefined;
}

const isRuleMetric = (name: string) => RULE_METRICS.includes(name) || (classOfRule(name) ?? "") !== "";

/** `45s`, `10m`, `1h`, `7d`: how long, in milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2]!]!;
  return Number(match[1]) * unit;
}

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "allowed: a number and ms, s, m, h or d, such as 6h");

/** The training a rule starts, with its brakes. Its `model` is the one that was checked, whatever the payload says. */
export type StartSettings = {
  [Queue in StartableQueue]: {
    job: Queue;
    payload: JobOf<Queue>;
    cooldown: string;
    dailyBudget: number;
    watchChecks: number;
  };
}[StartableQueue];

function startOf(job: StartableQueue) {
  const { schema, started } = CATALOGUE[job];
  return z.strictObject({
    job: z.literal(job),
    payload: schema,
    cooldown: duration.default(started.cooldown),
    dailyBudget: z.number().int().min(1).max(100).default(started.dailyBudget),
    watchChecks: z.number().int().min(1).max(100).default(3),
  });
}

const [firstStart, ...otherStarts] = STARTABLE_QUEUES;
const startSchema = z.discriminatedUnion("job", [
  startOf(firstStart),
  ...otherStarts.map(startOf),
]) as unknown as ZodType<StartSettings>;

/** One alert rule: breached while `metric comparison threshold` holds. */
export const alertRuleSchema = z.strictObject({
  name: safeName,
  /** The registered model it is for; absent: every model that is checked. */
  model: safeName.optional(),
  metric: z.string().refine(isRuleMetric, {
    error: (issue) =>
      `unknown metric ${JSON.stringify(issue.input)}; known are ${RULE_METRICS.join(", ")}, ${CLASS_RECALL}<class>`,
  }),
  comparison: z.enum(["<", "<=", ">", ">="]),
  threshold: z.number(),
  severity: z.enum(["info", "warning", "critical"]).default("warning"),
  /** Breaches in a row that make an incident. */
  consecutive: z.number().int().min(1).max(1_000).default(1),
  /** After an incident ended, no new one for this long. */
  cooldown: duration.default("0s"),
  /** A training that an incident starts; what it trains passes the champion check like any other. */
  start: startSchema.optional(),
});
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** What the file named by `COLAML_ALERT_RULES` holds: a list of rules with different names. */
export const alertRulesSchema = z
  .array(alertRuleSchema)
  .max(1_000)
  .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, "two rules have one name");
