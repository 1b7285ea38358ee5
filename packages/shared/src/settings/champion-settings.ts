import { z } from "zod";
import { DECIDING_METRICS } from "../metrics/metric-table";
import { payloadFields } from "./payload-fields";
import { oneOf, positive, real } from "./setting-kinds";

/** What decides between challenger and champion. */
export const championSettings = {
  threshold: real({
    doc: "Least test accuracy of a champion; 0: none but that of the most frequent class",
    env: "COLAML_CHAMPION_THRESHOLD",
    default: 0,
    min: 0,
    max: 1,
    payload: "champion_threshold",
  }),
  /** On the same rows. */
  metric: oneOf({
    doc: "Metric that decides",
    env: "COLAML_CHAMPION_METRIC",
    default: "accuracy_score",
    choices: DECIDING_METRICS,
    payload: "metric",
  }),
  /**
   * `evidence`: better than the most frequent class and than the champion beyond chance; `better`: the metric is
   * higher; `not_worse`: equal will do. `significant` is what `evidence` was called when it knew less.
   */
  rule: oneOf({
    doc: "When the challenger wins; evidence: better beyond chance (significant is its old name)",
    env: "COLAML_CHAMPION_RULE",
    default: "evidence",
    choices: ["evidence", "better", "not_worse", "significant"],
    payload: "rule",
  }),
  /** Shared out over repeated looks at the same file. */
  alpha: positive({
    doc: "Chance of taking a challenger for better that is not",
    env: "COLAML_CHAMPION_ALPHA",
    default: 0.05,
    max: 0.5,
    payload: "alpha",
  }),
};

/** `champion` of a payload. */
export const championSchema = z.strictObject({
  ...payloadFields(championSettings),
  /** Promote even if the verdict is HOLD. It is recorded; a REJECT stays one. */
  force: z.boolean().default(false),
});
export type ChampionSettings = z.infer<typeof championSchema>;
