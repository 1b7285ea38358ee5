import { toColaError } from "../errors/cola-error";
import { createClassifier } from "../learning/model/classifier";
import {
  GOLDEN_SAMPLE_FILE,
  goldenSampleDifference,
  parseGoldenSample,
} from "../learning/model/golden-sample";
import type { MlflowClient } from "./client";
import { downloadModel, type LoadedModel, resolveModel } from "./load-model";

/** A version as a predictor would have it, or why none could use it: in one line. */
export type Rehearsal = { model: LoadedModel; broken?: undefined } | { model?: undefined; broken: string };

/**
 * What comes before an alias moves: the version is downloaded from the registry past any cache, the sha256 of each
 * of its files is checked, and its golden sample is scored and compared bit for bit with what its training saw. A
 * model that brings no golden sample is held to its digests only.
 *
 * @throws ColaError MODEL_NOT_FOUND, MLFLOW_UNREACHABLE, MLFLOW_FAILED; a broken model is an answer, not an error
 */
export async function rehearse(
  client: MlflowClient,
  name: string,
  version: string,
  hmacKey = "",
): Promise<Rehearsal> {
  const pinned = await resolveModel(client, `models:/${name}/${version}`);
  try {
    const model = await downloadModel(client, pinned, hmacKey);
    const sample = model.files.get(GOLDEN_SAMPLE_FILE);
    if (!sample) return { model };
    const classifier = createClassifier(model.bundle);
    const out = new Float64Array(classifier.classes.length);
    const broken = goldenSampleDifference(parseGoldenSample(sample), (text) => {
      classifier.predict(text, out);
      return out;
    });
    return broken === undefined ? { model } : { broken };
  } catch (error) {
    const { code, message } = toColaError(error);
    if (code !== "MODEL_CORRUPT") throw error;
    return { broken: message };
  }
}
