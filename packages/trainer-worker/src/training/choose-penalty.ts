import type { ChosenPenalty } from "@colaml/shared/contracts/train";
import type { BoostIteration } from "@colaml/shared/learning/model/boosting-progress";
import type { LinearEnsemble } from "@colaml/shared/learning/model/linear-ensemble";
import type { LinearPath, LinearTraining } from "@colaml/shared/learning/model/linear-training";
import type { BoostResult } from "@colaml/shared/learning/model/training-input";

/** How penalty and rounds are looked for. */
type Search = Pick<LinearPath, "giveUpAfter" | "keepFrom"> & {
  /**
   * Penalties tried, times the number of training rows: what a row's penalty must be depends on how many rows there
   * are. Smaller penalties are not tried when `giveUpAfter` in a row were worse than the best.
   */
  penalties: readonly number[];
  /** A penalty's rounds end when its validation error has not fallen for this many. */
  patience: number;
};
/** Measured on ten public sets, the best was among them in each. */
const USUAL: Search = { penalties: [0.3, 0.1, 0.03, 0.01, 0.003], patience: 3, giveUpAfter: 2 };
/** Many classes, each of which has a model and its rounds. */
const OF_MANY_CLASSES: Search = { penalties: [0.1, 0.03], patience: 3, giveUpAfter: 2 };
const MANY_CLASSES = 20;
/**
 * Few validation rows: one wrong row more or less is chance, and ends the rounds of a penalty, or the penalties, too
 * early. Few rows can mostly be told apart by their many terms, so that small penalties and models that have come
 * near their optimum are better: the first rounds would only win by chance. Measured with 700 training and validation rows
 * of nine public sets (docs/training.md).
 */
const OF_FEW_ROWS: Search = {
  penalties: [0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003],
  patience: 5,
  keepFrom: 6,
};
const FEW_VALIDATION_ROWS = 400;
/** Rows that a round is measured on: choosing needs the validation rows only. */
export const MEASURED_ROWS = { train: 2_000, validation: 20_000 } as const;

/** What is fitted, but for the penalties. */
export interface PenaltyInput extends Pick<LinearPath, "labels" | "validation" | "classes" | "settings"> {
  /** Hears the rounds of the penalty that is kept, when it is known. */
  onIteration?: (iteration: BoostIteration) => void;
  /** Hears of every round how many are done, and how many there are at most. */
  onRound: (done: number, atMost: number) => void;
}

/**
 * Fits a linear model per penalty on the rows of a training, and keeps the penalty and the round with the fewest wrong
 * validation rows; of equal ones that of the least log loss.
 *
 * @throws ColaError as `boost`
 */
export async function boostByValidation(
  training: LinearTraining,
  { onIteration, onRound, settings, ...rows }: PenaltyInput,
): Promise<{ boosted: BoostResult<LinearEnsemble>; chosen: ChosenPenalty }> {
  const { penalties, patience, ...search } = searchOf(rows);
  const regLambdas = penalties.map((penalty) => penalty / rows.labels.length);
  const fits = await training.fit({
    ...rows,
    settings: {
      ...settings,
      reg_lambda: 0,
      early_stopping_rounds: settings.early_stopping_rounds || patience,
    },
    regLambdas,
    select: "error",
    ...search,
    maxMeasuredTrainRows: MEASURED_ROWS.train,
    onRound: ({ number, of }, fit) => onRound(fit * of + number, regLambdas.length * of),
  });
  const tried = fits.map(({ ensemble, history }, i) => {
    const { error, logLoss } = history[ensemble.rounds - 1]!.validation!;
    return { reg_lambda: regLambdas[i]!, iterations: ensemble.rounds, error, logLoss };
  });
  const order = tried
    .map((_, i) => i)
    .sort((a, b) => tried[a]!.error - tried[b]!.error || tried[a]!.logLoss - tried[b]!.logLoss);
  const best = order[0]!;
  const { ensemble, history } = fits[best]!;
  for (const iteration of history) onIteration?.(iteration);
  return {
    boosted: { ensemble, history, iterations: ensemble.rounds, bestIteration: ensemble.rounds },
    chosen: { reg_lambda: tried[best]!.reg_lambda, iterations: ensemble.rounds, tried },
  };
}

function searchOf({ classes, validation }: Pick<PenaltyInput, "classes" | "validation">): Search {
  if (classes.length >= MANY_CLASSES) return OF_MANY_CLASSES;
  return validation && validation.matrix.nRows < FEW_VALIDATION_ROWS ? OF_FEW_ROWS : USUAL;
}
