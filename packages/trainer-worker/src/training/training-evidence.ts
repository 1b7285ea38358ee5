import type { TrainingData } from "@colaml/shared/contracts/train";
import { majorityScore, type SkillTest, skillTest } from "@colaml/shared/learning/comparison/skill-test";
import { classificationMetrics } from "@colaml/shared/learning/model/metrics";
import { predictedClasses } from "@colaml/shared/learning/model/predicted-class";
import { termLabels } from "@colaml/shared/learning/text/term-label";
import type { ChampionSettings } from "@colaml/shared/settings/champion-settings";
import type { DecidingWord } from "./deciding-word";
import type { TestRows, TrainedModel } from "./training";

/** The model against the most frequent class, on test rows whose texts the training did not hold. */
export interface SkillEvidence {
  rows: number;
  /** Test rows left out because their text stands in the training or validation rows. */
  leftOut: number;
  /** The deciding metric on these rows; absent if it cannot be computed. */
  value?: number;
  /** That of always answering the most frequent training class. */
  majority: number;
  /** Absent if there is no row. */
  test?: SkillTest;
}

/** The class with the fewest test rows. */
export interface SmallestClass {
  label: string;
  rows: number;
  /** Share of its rows that the model finds. */
  recall: number;
}

/** What only the training knows: the champion check has no texts and no features of its own. */
export interface TrainingEvidence {
  skill: SkillEvidence;
  /** Present if one word decides everything. */
  word?: DecidingWord;
  /** Absent if every class has about as many rows as any other. */
  smallestClass?: SmallestClass;
  data: TrainingData;
}

/** A class is small if it has less than this of an even share of the rows. */
const SMALL_SHARE = 0.4;

/** The evidence of a finished training for its champion check. */
export function trainingEvidence(trained: TrainedModel, { metric }: ChampionSettings): TrainingEvidence {
  const { bundle, plan, test, metrics } = trained;
  const word = trained.presence.decidingWord(termLabels(bundle), metrics.test.accuracy_score ?? 0);
  const smallest = smallestClass(trained);
  return {
    skill: skillOf(trained, metric),
    ...(word ? { word } : {}),
    ...(smallest ? { smallestClass: smallest } : {}),
    data: {
      ...duplicatesOf(test, bundle.classes.length),
      ...plan.labels,
      ...(trained.language === undefined ? {} : { language: trained.language }),
    },
  };
}

/** Test rows whose text the training held, and how much easier they are. */
export function duplicatesOf(
  { seen, classOf, probabilities }: Pick<TestRows, "seen" | "classOf" | "probabilities">,
  nClasses: number,
): Pick<TrainingData, "duplicateTestRows" | "accuracy"> {
  const rows = [0, 0] as [number, number];
  const hits = [0, 0] as [number, number];
  for (const [row, predicted] of predictedClasses(probabilities, nClasses).entries()) {
    const which = seen[row] === 1 ? 1 : 0;
    rows[which]++;
    if (predicted === classOf[row]) hits[which]++;
  }
  if (rows[1] === 0) return { duplicateTestRows: 0 };
  const duplicates = hits[1] / rows[1];
  return {
    duplicateTestRows: rows[1],
    accuracy: rows[0] === 0 ? { duplicates } : { duplicates, others: hits[0] / rows[0] },
  };
}

function skillOf({ bundle, plan, test }: TrainedModel, metric: ChampionSettings["metric"]): SkillEvidence {
  const { classes } = bundle;
  const kept = Uint32Array.from(test.seen.keys()).filter((row) => test.seen[row] === 0);
  const { labels, probabilities } = pickRows(test.classOf, test.probabilities, classes.length, kept);
  const rowsOfClass = new Array<number>(classes.length).fill(0);
  for (const label of labels) rowsOfClass[label]!++;
  const majorityClass = plan.trainRowsOfClass.indexOf(Math.max(...plan.trainRowsOfClass));
  const scored = { classes, labels, probabilities };
  const value = classificationMetrics(scored)[metric];
  return {
    rows: kept.length,
    leftOut: test.classOf.length - kept.length,
    ...(value === undefined ? {} : { value }),
    majority: majorityScore(rowsOfClass, majorityClass, metric),
    ...(kept.length === 0
      ? {}
      : {
          test: skillTest(
            {
              labels,
              predicted: predictedClasses(probabilities, classes.length),
              probabilities,
              nClasses: classes.length,
            },
            metric,
            majorityClass,
          ),
        }),
  };
}

/** Classes and probabilities (nRows x nClasses) of some of the rows. */
export function pickRows(
  classOf: ArrayLike<number>,
  probabilities: Float64Array,
  nClasses: number,
  rows: Uint32Array,
): { labels: Uint16Array; probabilities: Float64Array } {
  const picked = new Float64Array(rows.length * nClasses);
  rows.forEach((row, at) => {
    picked.set(probabilities.subarray(row * nClasses, (row + 1) * nClasses), at * nClasses);
  });
  return { labels: Uint16Array.from(rows, (row) => classOf[row]!), probabilities: picked };
}

function smallestClass({ bundle, test }: TrainedModel): SmallestClass | undefined {
  const { classes } = bundle;
  const predicted = predictedClasses(test.probabilities, classes.length);
  const support = new Uint32Array(classes.length);
  const hits = new Uint32Array(classes.length);
  test.classOf.forEach((label, row) => {
    support[label]!++;
    if (predicted[row] === label) hits[label]!++;
  });
  const there = Array.from(support.keys()).filter((k) => support[k]! > 0);
  const smallest = there.reduce((a, b) => (support[b]! < support[a]! ? b : a), there[0] ?? 0);
  const rows = support[smallest] ?? 0;
  if (rows === 0 || rows >= (SMALL_SHARE * test.classOf.length) / classes.length) return undefined;
  return { label: classes[smallest]!, rows, recall: hits[smallest]! / rows };
}
