import { type DecisionCounts, decisionCounts } from "@colaml/shared/contracts/decision-counts";
import type { PredictJob, PredictResult, TextPrediction } from "@colaml/shared/contracts/predict";
import { warnWithoutKnownWords } from "@colaml/shared/contracts/without-known-words";
import { createExplain } from "@colaml/shared/learning/model/explain";
import { isWithoutTerms, labelWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import type { ModelSource } from "../scoring/model-cache";

/** How often each decision was made. */
function countDecisions(names: readonly string[], predictions: readonly TextPrediction[]): DecisionCounts {
  const counts = names.map((name) => predictions.filter(({ decision }) => decision === name).length);
  return decisionCounts(names, counts);
}

/** Scores the texts that a job carries, at once: they are few, and the answer is the job's result. */
export async function predictTexts(
  texts: readonly string[],
  job: Pick<PredictJob, "model" | "explain">,
  models: ModelSource,
  clock: () => Date,
): Promise<PredictResult> {
  const started = clock().getTime();
  const { bundle, classifier, pinned } = await models.load(await models.resolve(job.model));
  const explain = job.explain > 0 ? createExplain(bundle, classifier) : undefined;
  const { decider } = classifier;
  const out = new Float64Array(classifier.classes.length);
  const predictions = texts.map((text): TextPrediction => {
    const features = classifier.features(text);
    const label = classifier.predictFeatures(features, out);
    // a class may be called `__proto__`: fromEntries defines it as an own property
    const probabilities = Object.fromEntries(classifier.classes.map((name, i) => [name, out[i]!]));
    return {
      label: classifier.classes[label]!,
      ...(decider && { decision: decider.names[decider.decide(out, label)]! }),
      probabilities,
      ...(explain && { explanation: explain(text, label, job.explain) }),
      ...(isWithoutTerms(features) && { withoutKnownWords: true }),
    };
  });
  const withoutKnownWords = {
    rows: predictions.filter((prediction) => prediction.withoutKnownWords).length,
    label: labelWithoutTerms(classifier),
  };
  const warning = warnWithoutKnownWords(withoutKnownWords, texts.length);
  const seconds = Math.max(0.001, (clock().getTime() - started) / 1000);
  return {
    rows: texts.length,
    rejected: 0,
    rejectedByReason: {},
    withoutKnownWords,
    ...(decider && { decisions: countDecisions(decider.names, predictions) }),
    ...(warning !== undefined && { warnings: [warning] }),
    seconds,
    rowsPerSecond: texts.length / seconds,
    modelVersion: pinned.version,
    predictions,
  };
}
