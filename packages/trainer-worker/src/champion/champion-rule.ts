import type { ChampionSettings } from "@colaml/shared/jobs/train";

/**
 * PROMOTE: the challenger takes the alias. HOLD: sound, but no better than the champion (or no champion could be
 * compared): it stays registered. REJECT: it must not serve.
 */
export type Verdict = "PROMOTE" | "HOLD" | "REJECT";

/** What the verdict is made of; every number is on the same test rows. */
export interface ChampionEvidence {
  /** The deciding metric of the challenger; absent where it cannot be computed, e.g. AUC of one class. */
  challenger: number | undefined;
  /** Accuracy of the challenger, for `champion_threshold`. */
  accuracy: number | undefined;
  /** The deciding metric of always answering the most frequent training class. */
  dummy: number;
  /** The deciding metric of the present champion; absent: there is none. */
  champion?: { version: string; value: number | undefined };
  /** Why the present champion could not be scored on these rows, e.g. other classes. */
  championUnscored?: { version: string; reason: string };
  /** Two-sided p of McNemar's test between challenger and champion. */
  mcnemarP?: number;
  /** What the rehearsal found broken; absent: nothing. */
  broken?: string;
}

export interface ChampionVerdict {
  verdict: Verdict;
  /** One line for a person. */
  reason: string;
}

/** `significant` asks for McNemar's p below this. */
export const SIGNIFICANCE_LEVEL = 0.05;

const shown = (value: number) => value.toFixed(4);

/**
 * Decides whether the challenger becomes champion. Checks run from what is broken to what is only not better:
 * rehearsal, threshold, dummy, champion.
 *
 * @example
 * championVerdict({ challenger: 0.9, accuracy: 0.9, dummy: 0.5 }, { champion_threshold: 0.5,
 *   metric: "accuracy_score", rule: "better" }).verdict // "PROMOTE"
 */
export function championVerdict(evidence: ChampionEvidence, settings: ChampionSettings): ChampionVerdict {
  const { metric, champion_threshold: threshold } = settings;
  const { challenger, accuracy, dummy, broken } = evidence;
  if (broken !== undefined) return { verdict: "REJECT", reason: `the rehearsal failed: ${broken}` };
  if (accuracy === undefined || challenger === undefined)
    return { verdict: "REJECT", reason: `${metric} could not be computed on the test rows` };
  if (accuracy < threshold) {
    const reason = `test accuracy ${shown(accuracy)} is below champion_threshold ${threshold}`;
    return { verdict: "REJECT", reason };
  }
  if (challenger <= dummy) {
    const reason = `${metric} ${shown(challenger)} does not beat the majority class (${shown(dummy)})`;
    return { verdict: "REJECT", reason };
  }
  return againstChampion(challenger, evidence, settings);
}

function againstChampion(
  challenger: number,
  { champion, championUnscored, mcnemarP }: ChampionEvidence,
  { metric, rule }: ChampionSettings,
): ChampionVerdict {
  if (championUnscored) {
    const { version, reason } = championUnscored;
    return { verdict: "HOLD", reason: `champion version ${version} could not be compared: ${reason}` };
  }
  if (!champion)
    return { verdict: "PROMOTE", reason: `${metric} ${shown(challenger)}; there was no champion` };
  if (champion.value === undefined)
    return { verdict: "HOLD", reason: `${metric} of champion version ${champion.version} is unknown` };
  const versus = `${metric} ${shown(challenger)} against ${shown(champion.value)} of version ${champion.version}`;
  if (rule === "not_worse" && challenger >= champion.value) return { verdict: "PROMOTE", reason: versus };
  if (challenger <= champion.value) return { verdict: "HOLD", reason: `not better: ${versus}` };
  if (rule !== "significant") return { verdict: "PROMOTE", reason: versus };
  if (mcnemarP === undefined) return { verdict: "HOLD", reason: `McNemar's p is unknown: ${versus}` };
  const p = `McNemar's p ${mcnemarP.toPrecision(3)}`;
  return mcnemarP < SIGNIFICANCE_LEVEL
    ? { verdict: "PROMOTE", reason: `${versus}, ${p}` }
    : { verdict: "HOLD", reason: `better, but it may be chance (${p}): ${versus}` };
}

/**
 * What always answering the training's most frequent class would reach on the test rows.
 *
 * @param rows test rows a class; `majority` the index of the most frequent training class
 */
export function majorityClassDummy(
  rows: ArrayLike<number>,
  majority: number,
  metric: ChampionSettings["metric"],
): number {
  if (metric === "roc_auc") return 0.5;
  let all = 0;
  for (let i = 0; i < rows.length; i++) all += rows[i]!;
  const share = all > 0 ? rows[majority]! / all : 0;
  if (metric === "accuracy_score") return share;
  const f1 = share > 0 ? (2 * share) / (1 + share) : 0;
  // Binary F1 is of class 1; multiclass F1 is weighted by class rows: only the majority's term is not 0.
  if (rows.length === 2) return majority === 1 ? f1 : 0;
  return share * f1;
}
