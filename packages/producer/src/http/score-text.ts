import { isWithoutTerms } from "@colaml/shared/learning/model/without-terms";
import type { ScoredText } from "../page/page-service";
import type { Serving } from "../serving/serving";

/** Words that are named. */
const WORDS = 12;

/**
 * What the configured model makes of one text, with the words that counted.
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE
 */
export async function scoreText(serving: Serving, text: string): Promise<ScoredText> {
  const { classifier, explain, pinned } =
    serving.inMemory(serving.home) ?? (await serving.open(serving.home));
  const { classes, decider } = classifier;
  const out = new Float64Array(classes.length);
  const features = classifier.features(text);
  const label = classifier.predictFeatures(features, out);
  return {
    prediction: {
      label: classes[label]!,
      ...(decider && { decision: decider.names[decider.decide(out, label)]! }),
      // a class may be called `__proto__`: fromEntries defines it as an own property
      probabilities: Object.fromEntries(classes.map((name, i) => [name, out[i]!])),
      explanation: explain(text, label, WORDS),
      ...(isWithoutTerms(features) && { withoutKnownWords: true }),
    },
    model: pinned.name,
    version: pinned.version,
  };
}
