import type { Verdict } from "@colaml/shared/contracts/train";
import type { ModelComparison } from "@colaml/shared/learning/comparison/compare-models";
import { wilsonBound } from "@colaml/shared/learning/comparison/distributions";
import type { ChampionSettings } from "@colaml/shared/settings/champion-settings";
import type { DecidingWord } from "../training/deciding-word";
import type { SkillEvidence } from "../training/training-evidence";

/** The challenger and the present champion on the same rows. */
export interface ChampionComparison extends ModelComparison {
  version: string;
  /** Test rows left out because one of the two was trained on their text. */
  leftOut: number;
  /** The deciding metric of always answering the most frequent class, on the same rows. */
  majority: number;
  /** Accuracy of the champion and of the most frequent class, on the same rows. */
  accuracy: { champion: number; majority: number };
  /** The champion's own test rows when it was trained; absent if its profile does not say. */
  promotedWith?: { accuracy: number; rows: number; majority: number };
  /** Why nobody knows which rows the champion was trained on. */
  unfair?: string;
}

/** What the verdict is made of. */
export interface ChampionEvidence {
  model: string;
  /** The challenger's. */
  version: string;
  /** The deciding metric of the challenger on all test rows; absent if it cannot be computed, e.g. AUC of one class. */
  challenger?: number;
  /** Accuracy of the challenger on all test rows, for `champion_threshold`. */
  accuracy?: number;
  /** The deciding metric of always answering the most frequent training class, on all test rows. */
  dummy: number;
  /** Absent in trainings that an older release left to be published. */
  skill?: SkillEvidence;
  /** Present if one word decides everything and the present champion does not know it. */
  word?: DecidingWord;
  /** How often a challenger was judged on this file, this time included. */
  looks: number;
  /** Absent if there is no present champion. */
  champion?: ChampionComparison;
  /** Why the present champion could not be scored on these rows, e.g. other classes. */
  championUnscored?: { version: string; reason: string };
  /** What the rehearsal found broken; absent: nothing. */
  broken?: string;
}

export interface ChampionVerdict {
  verdict: Verdict;
  /** One line for a person. */
  reason: string;
  /** The reason of the HOLD that `champion.force` overruled. */
  forcedOver?: string;
}

/**
 * Against the most frequent class a tenth of alpha: a model that is worth serving beats it by far, and of many
 * trainings on labels that mean nothing none should.
 */
const MAJORITY_SHARE_OF_ALPHA = 0.1;
/** Fewer rows that neither model was trained on decide nothing. */
const LEAST_COMPARED_ROWS = 10;
/** A champion that kept less of its lead over the most frequent class was made for other data. */
const LEAST_KEPT_LEAD = 0.5;
/** Quantile of a one-sided interval of 95%. */
const Z_95 = 1.6448536269514722;

const shown = (value: number) => value.toFixed(4);
const shownP = (p: number) => (p < 0.0001 ? "p < 0.0001" : `p ${p.toPrecision(2)}`);
const reject = (reason: string): ChampionVerdict => ({ verdict: "REJECT", reason });
const hold = (reason: string): ChampionVerdict => ({ verdict: "HOLD", reason });

/**
 * Decides whether the challenger becomes champion. Checks run from what is broken to what is only not better:
 * rehearsal, threshold, most frequent class, champion.
 *
 * @example
 * championVerdict({ model: "m", version: "1", challenger: 0.9, accuracy: 0.9, dummy: 0.5, looks: 1 },
 *   { ...championSchema.parse({}), rule: "better" }).verdict // "PROMOTE"
 */
export function championVerdict(evidence: ChampionEvidence, settings: ChampionSettings): ChampionVerdict {
  const judged = judge(evidence, settings);
  if (judged.verdict !== "HOLD") return judged;
  if (settings.force) {
    const reason = `--force-promote overruled HOLD: ${judged.reason}`;
    return { verdict: "PROMOTE", reason, forcedOver: judged.reason };
  }
  const { model, version } = evidence;
  const overrule = `cola models promote ${version} --model ${model} makes it champion all the same`;
  return { verdict: "HOLD", reason: `${judged.reason}; ${overrule}` };
}

function judge(evidence: ChampionEvidence, settings: ChampionSettings): ChampionVerdict {
  const { metric, champion_threshold: threshold } = settings;
  const { challenger, accuracy, dummy, broken, championUnscored } = evidence;
  if (broken !== undefined) return reject(`the rehearsal failed: ${broken}`);
  if (accuracy === undefined || challenger === undefined)
    return reject(`${metric} could not be computed on the test rows`);
  if (accuracy < threshold) {
    const low = `test accuracy ${shown(accuracy)} is below champion_threshold ${threshold}`;
    return reject(`${low} (--champion-threshold; 0 asks for the most frequent class only)`);
  }
  if (challenger <= dummy)
    return reject(`${metric} ${shown(challenger)} does not beat the majority class (${shown(dummy)})`);
  if (championUnscored) {
    const { version, reason } = championUnscored;
    return hold(`champion version ${version} could not be compared: ${reason}`);
  }
  const byEvidence = settings.rule === "evidence" || settings.rule === "significant";
  const held = byEvidence ? (heldBySkill(evidence, settings) ?? heldByWord(evidence)) : undefined;
  return held ?? againstChampion(challenger, evidence, settings, byEvidence);
}

/** HOLD unless the challenger beats the most frequent class beyond chance. */
function heldBySkill(
  { skill, looks }: ChampionEvidence,
  { metric, alpha }: ChampionSettings,
): ChampionVerdict | undefined {
  if (skill === undefined) return hold("its training was done by a release that did not test it for chance");
  const { rows, leftOut, value, majority, test } = skill;
  if (rows < LEAST_COMPARED_ROWS || test === undefined) {
    return hold(
      `only ${rows} of ${rows + leftOut} test rows have a text that the training did not hold: too few to judge it`,
    );
  }
  const limit = (alpha * MAJORITY_SHARE_OF_ALPHA) / looks;
  if (value !== undefined && value > majority && test.p < limit) return undefined;
  const versus = `${metric} ${value === undefined ? "(unknown)" : shown(value)} against ${shown(majority)} of the majority class on ${rows} rows`;
  return hold(`it may be chance: ${versus}, ${shownP(test.p)} is not below ${limitText(limit, looks)}`);
}

function heldByWord({ word }: ChampionEvidence): ChampionVerdict | undefined {
  if (word === undefined) return undefined;
  return hold(
    `one word decides everything: whether ${JSON.stringify(word.term)} is in the text gives an accuracy of ${shown(word.accuracy)}, the model ${shown(word.model)}: it looks like a leak of the label`,
  );
}

function againstChampion(
  challenger: number,
  { champion, looks }: ChampionEvidence,
  { metric, rule, alpha }: ChampionSettings,
  byEvidence: boolean,
): ChampionVerdict {
  if (!champion)
    return { verdict: "PROMOTE", reason: `${metric} ${shown(challenger)}; there was no champion` };
  const { version, rows, leftOut } = champion;
  if (rows < LEAST_COMPARED_ROWS) {
    return hold(
      `only ${rows} of ${rows + leftOut} test rows have a text that neither model was trained on: too few to compare it with champion version ${version}`,
    );
  }
  if (champion.champion === undefined || champion.challenger === undefined)
    return hold(`${metric} of champion version ${version} is unknown on the rows compared`);
  const stranger = byEvidence ? otherData(champion, metric) : undefined;
  if (stranger !== undefined) return hold(stranger);
  const versus = `${metric} ${shown(champion.challenger)} against ${shown(champion.champion)} of version ${version}${rowsText(champion)}`;
  if (rule === "not_worse" && champion.challenger >= champion.champion)
    return { verdict: "PROMOTE", reason: versus };
  if (champion.challenger <= champion.champion) return hold(`not better: ${versus}`);
  if (!byEvidence) return { verdict: "PROMOTE", reason: versus };
  if (champion.test === undefined) return hold(`no test of the difference: ${versus}`);
  const limit = alpha / looks;
  const p = shownP(champion.test.p);
  return champion.test.p < limit
    ? { verdict: "PROMOTE", reason: `${versus}, ${p}` }
    : hold(`better, but it may be chance (${p} is not below ${limitText(limit, looks)}): ${versus}`);
}

/** Why the file is not the kind of data that the champion was promoted with; undefined: it is. */
function otherData(champion: ChampionComparison, metric: ChampionSettings["metric"]): string | undefined {
  const { version, rows, majority, accuracy, promotedWith } = champion;
  const other = "the file is not the kind of data it was made for";
  if (champion.champion! < majority) {
    return `champion version ${version} is below the majority class on this file (${metric} ${shown(champion.champion!)} against ${shown(majority)}): ${other}`;
  }
  if (promotedWith === undefined) return undefined;
  // The lead over the most frequent class as a share of what is to be gained: shares of classes differ by file.
  const lead = (promotedWith.accuracy - promotedWith.majority) / (1 - promotedWith.majority);
  if (!(lead > 0)) return undefined;
  const least = accuracy.majority + LEAST_KEPT_LEAD * lead * (1 - accuracy.majority);
  if (wilsonBound(accuracy.champion * rows, rows, Z_95) >= least) return undefined;
  return `champion version ${version} falls far below what it was promoted with (accuracy ${shown(accuracy.champion)} on ${rows} rows of this file against ${shown(promotedWith.accuracy)} on ${promotedWith.rows} of its own): ${other}`;
}

function rowsText({ rows, leftOut, unfair }: ChampionComparison): string {
  const kept = leftOut === 0 ? ` on ${rows} rows` : ` on ${rows} rows new to both (${leftOut} left out)`;
  return unfair === undefined ? kept : `${kept}, which may be unfair: ${unfair}`;
}

function limitText(limit: number, looks: number): string {
  const text = `${Number(limit.toPrecision(2))}`;
  return looks === 1 ? text : `${text}, alpha being shared by the ${looks} challengers judged on this file`;
}
