import { createCalibrate } from "@colaml/shared/learning/model/calibration";
import { createScorer } from "@colaml/shared/learning/model/ensemble";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { TfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";

/** Scores documents by a model; both functions return the same array each time (nClasses probabilities). */
export interface TextScorer {
  score(text: string): Float64Array;
  /** The document that lies in `bytes` (UTF-8) from `start` to `end`. */
  scoreBytes(bytes: Buffer, start: number, end: number): Float64Array;
}

/** From text to probabilities with nothing but the bundle: its own vocabulary, its own trees or weights. */
export function createTextScorer(bundle: ModelBundle): TextScorer {
  const transform = new TfidfTransform(bundle);
  const scorer = createScorer(bundle.ensemble);
  const out = new Float64Array(scorer.nClasses);
  const calibrate = bundle.calibration && createCalibrate(bundle.calibration);
  const scored = () => {
    const indices = transform.indices.subarray(0, transform.count);
    const values = transform.values.subarray(0, transform.count);
    scorer.probabilities({ indices, values }, out);
    calibrate?.(out);
    return out;
  };
  return {
    score(text) {
      transform.transform(text);
      return scored();
    },
    scoreBytes(bytes, start, end) {
      transform.transformBytes(bytes, start, end);
      return scored();
    },
  };
}
