import type { PredictResult } from "@colaml/shared/contracts/predict";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { ScoredText } from "../page/page-service";
import { predictPayload } from "../submit/payloads";
import { submitJob } from "../submit/submit-job";
import { waitForJob } from "../submit/wait-for-job";
import type { Service } from "./service";

/** A person who tries a text waits this long. */
const ANSWER_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** Words that are named. */
const WORDS = 12;

/**
 * What the configured model makes of one text, with the words that counted.
 * @throws ColaError MODEL_NOT_FOUND; JOB_FAILED if there was no answer in time, as without a predictor
 */
export async function scoreText({ config, queues }: Service, text: string): Promise<ScoredText> {
  const payload = predictPayload(config, { texts: [text], explain: WORDS });
  const { id } = await submitJob(queues, { queue: "predict", payload });
  const view = await waitForJob(queues, `predict/${id}`, {
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    pollMs: POLL_MS,
  }).catch((error: unknown) => {
    if (error instanceof ColaError) throw error;
    const seconds = ANSWER_TIMEOUT_MS / 1000;
    throw new ColaError("JOB_FAILED", `no answer within ${seconds} s: does a predictor run? job ${id}`);
  });
  if (view.error) throw new ColaError(view.error.error_code, view.error.message);
  const { predictions, modelVersion } = view.result as PredictResult;
  return { prediction: predictions![0]!, model: config.model.name, version: modelVersion };
}
