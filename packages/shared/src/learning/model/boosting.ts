import { ColaError } from "../../errors/cola-error";
import type { BoostingSettings } from "../../settings/boosting-settings";
import { checkBoostingSettings, xgboostParameters } from "./boosting-parameters";
import { type BoostIteration, bestIterationOf } from "./boosting-progress";
import { boostLinear } from "./linear-boosting";
import {
  type BoostInput,
  type BoostResult,
  checkBoostInput,
  MAX_MEASURED_ROWS,
  threadParts,
  trainingSize,
} from "./training-input";
import { checkMatrix } from "./training-matrix";
import { checkTrainingSize, type TreeMethod, treeMethodFor } from "./training-memory";
import { runTrainingThread } from "./training-thread";
import type { TreeEnsemble } from "./tree-ensemble";
import type { ThreadInput, ThreadMessage } from "./xgboost-thread";

/**
 * Trains by XGBoost in a worker thread, so that the caller's event loop stays free: trees, or a linear model if the
 * settings say so. The same input gives the same model. Every setting is checked before the thread starts.
 *
 * @throws ColaError INPUT_TOO_LARGE what the trainer's memory cannot hold, before anything is allocated
 * @throws ColaError PARAMETER_INVALID, LABELS_INVALID, TOO_FEW_ROWS
 * @throws ColaError TRAINING_FAILED the trainer stopped, or ran out of memory
 * @throws ColaError JOB_CANCELLED when `signal` aborts; the thread is stopped at once
 */
export function boost(input: BoostInput): Promise<BoostResult> {
  return input.settings.booster === "gblinear" ? boostLinear(input) : boostTrees(input);
}

/**
 * Trains gradient-boosted trees: see `boost`.
 * @throws ColaError as `boost`
 */
export async function boostTrees(
  input: BoostInput,
): Promise<BoostResult<TreeEnsemble> & { treeMethod: TreeMethod }> {
  if (input.signal?.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
  const settings = checkBoostingSettings(input.settings);
  const size = trainingSize(input, settings);
  checkTrainingSize(size);
  checkMatrix(input.matrix);
  if (input.validation) checkMatrix(input.validation.matrix);
  checkBoostInput(input, input.matrix, settings);
  const treeMethod = treeMethodFor(size);
  const history: BoostIteration[] = [];
  const ensemble = await runTrainingThread<ThreadMessage, TreeEnsemble>(
    "xgboost-thread.js",
    threadInput(input, settings, treeMethod),
    input,
    (message) => {
      if (message.type === "done") return message.ensemble;
      history.push(message.iteration);
      input.onIteration?.(message.iteration);
      return undefined;
    },
  );
  const bestIteration = bestIterationOf(history);
  const kept = settings.early_stopping_rounds > 0 ? (bestIteration ?? history.length) : history.length;
  ensemble.trees.length = kept * ensemble.nGroups;
  const result = { ensemble, history, iterations: kept, treeMethod };
  return bestIteration === undefined ? result : { ...result, bestIteration };
}

function threadInput(input: BoostInput, settings: BoostingSettings, treeMethod: TreeMethod): ThreadInput {
  return {
    ...threadParts(input, settings),
    nClasses: input.classes.length,
    iterations: settings.iterations,
    earlyStoppingRounds: settings.early_stopping_rounds,
    maxMeasuredRows: MAX_MEASURED_ROWS,
    parameters: xgboostParameters(settings, input.classes.length, treeMethod),
  };
}
