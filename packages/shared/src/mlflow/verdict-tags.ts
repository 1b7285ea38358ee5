import type { ChampionSummary } from "../contracts/train";
import type { KeyValue } from "./log-batch";

/** Tags of a run and of its model version: how the champion check judged it. */
export const VERDICT_TAGS = {
  verdict: "colaml.verdict",
  reason: "colaml.verdict_reason",
  /** When it was judged, ISO 8601: a promotion that breaks off resumes with the same time. */
  at: "colaml.verdict_at",
  rule: "colaml.verdict_rule",
  metric: "colaml.verdict_metric",
  alpha: "colaml.verdict_alpha",
  looks: "colaml.verdict_looks",
  /** The champion that it was compared with, or `none`. */
  champion: "colaml.verdict_champion",
  rows: "colaml.verdict_rows",
  leftOut: "colaml.verdict_left_out",
  pChampion: "colaml.verdict_p_champion",
  pMajority: "colaml.verdict_p_majority",
  /** The reason of the HOLD that was overruled. */
  forced: "colaml.verdict_forced",
} as const;

/** Value of `VERDICT_TAGS.champion` if there was nothing to compare with. */
export const NO_CHAMPION = "none";

/** Tag of runs and versions: sha256 of the file that was trained on. */
export const DATASET_TAG = "colaml.dataset_sha256";

/** A champion check as tags; what is absent has none. */
export function verdictTags(check: ChampionSummary, at: Date): KeyValue[] {
  const values: Record<keyof typeof VERDICT_TAGS, string | number | undefined> = {
    verdict: check.verdict,
    reason: check.reason,
    at: at.toISOString(),
    rule: check.rule,
    metric: check.metric,
    alpha: check.alpha,
    looks: check.looks,
    champion: check.championVersion ?? NO_CHAMPION,
    rows: check.comparedRows,
    leftOut: check.leftOutRows,
    pChampion: check.pChampion,
    pMajority: check.pMajority,
    forced: check.forcedOver,
  };
  return Object.entries(VERDICT_TAGS).flatMap(([name, key]) => {
    const value = values[name as keyof typeof VERDICT_TAGS];
    return value === undefined ? [] : [{ key, value: String(value) }];
  });
}
