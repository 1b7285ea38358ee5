import { ColaError } from "../../errors/cola-error";
import { checkBoostingSettings, linearParameters } from "./boosting-parameters";
import { type BoostIteration, bestIterationOf } from "./boosting-progress";
import type { LinearEnsemble } from "./linear-ensemble";
import type { LinearFit } from "./linear-rounds";
import type { LinearThreadInput, LinearThreadMessage } from "./linear-thread";
import {
  type BoostInput,
  type BoostResult,
  checkBoostInput,
  MAX_MEASURED_ROWS,
  threadParts,
  trainingSize,
} from "./training-input";
import { checkTrainingSize } from "./training-memory";
import { runTrainingThread } from "./training-thread";

/** Several linear models of the same rows. */
export interface LinearPathInput extends Omit<BoostInput, "onIteration"> {
  /** The L2 penalties to fit: each takes the place of `settings.reg_lambda`. */
  regLambdas: readonly number[];
  /**
   * What the kept round of each is best at on the validation rows: least log loss or least share of wrong rows, of
   * equal ones that of the least log loss. Absent: the round of least log loss if early stopping is on, else the last.
   */
  select?: "logLoss" | "error";
  /**
   * Make no more fits once this many in a row are worse by `select` than the best so far: the penalties must then
   * be given in order. Absent: every penalty is fitted.
   */
  giveUpAfter?: number;
  /** Rows of each part that a round is measured on, at most; absent: `MAX_MEASURED_ROWS`. */
  maxMeasuredRows?: { train: number; validation: number };
  /** Called after each round of the penalty of that index. */
  onRound?: (iteration: BoostIteration, fit: number) => void;
}

/**
 * Fits a linear model per L2 penalty on rows that are handed to the trainer once: a penalty costs its rounds only.
 * With early stopping each penalty stops by itself.
 *
 * @returns a fit per penalty, in their order (fewer if `giveUpAfter` ended them): the weights after the kept round (`ensemble.rounds`), and the measures of
 *   every round on training and validation rows
 * @throws ColaError as `boost`
 */
export async function fitLinearPath(input: LinearPathInput): Promise<LinearFit[]> {
  const { signal, regLambdas, select } = input;
  if (signal?.aborted) throw new ColaError("JOB_CANCELLED", "training was cancelled");
  const candidates = regLambdas.map((reg_lambda) => checkBoostingSettings({ ...input.settings, reg_lambda }));
  const settings = candidates[0];
  if (settings === undefined) throw new ColaError("PARAMETER_INVALID", "no reg_lambda to fit is given");
  const size = trainingSize(input, settings);
  checkTrainingSize(size);
  checkBoostInput(input, settings);
  const byEarlyStopping = settings.early_stopping_rounds > 0 ? "logLoss" : undefined;
  const kept = select ?? byEarlyStopping;
  const parts = threadParts(input, settings);
  const sumOfWeights = parts.train.weights?.reduce((sum, weight) => sum + weight, 0) ?? size.nRows;
  const data: LinearThreadInput = {
    ...parts,
    nGroups: size.nGroups,
    rounds: settings.iterations,
    earlyStoppingRounds: settings.early_stopping_rounds,
    maxMeasuredRows: input.maxMeasuredRows ?? MAX_MEASURED_ROWS,
    fits: candidates.map((candidate) => linearParameters(candidate, sumOfWeights)),
    ...(kept ? { select: kept } : {}),
    ...(input.giveUpAfter === undefined ? {} : { giveUpAfter: input.giveUpAfter }),
  };
  return runTrainingThread<LinearThreadMessage, LinearFit[]>("linear-thread.js", data, input, (message) => {
    if (message.type === "done") return message.fits;
    input.onRound?.(message.iteration, message.fit);
    return undefined;
  });
}

/**
 * Trains a linear model: see `boost`. More than two classes are trained one against the rest.
 * @throws ColaError as `boost`
 */
export async function boostLinear(input: BoostInput): Promise<BoostResult<LinearEnsemble>> {
  const { onIteration, ...rest } = input;
  const settings = checkBoostingSettings(input.settings);
  const [fit] = await fitLinearPath({
    ...rest,
    settings,
    regLambdas: [settings.reg_lambda ?? 0],
    ...(onIteration ? { onRound: onIteration } : {}),
  });
  const { ensemble, history } = fit!;
  const bestIteration = bestIterationOf(history);
  const result = { ensemble, history, iterations: ensemble.rounds };
  return bestIteration === undefined ? result : { ...result, bestIteration };
}
