import { type BoostIteration, StepTally } from "./boosting-progress";
import type { HeapVectors } from "./heap-vector";
import { readBinaryWeights } from "./linear-binary";
import type { LinearEnsemble } from "./linear-ensemble";
import { createLinearScorer } from "./linear-scorer";
import type { ThreadRows } from "./xgboost-thread";
import type { XgboostTrainer } from "./xgboost-trainer";

/** How the rounds of a linear model are run and which of them is kept. */
export interface LinearRounds {
  rounds: number;
  /** Stop when `select` has not improved for this many rounds; 0 is off. */
  earlyStoppingRounds: number;
  /**
   * What the kept round is best at on the validation rows, of equal rounds the one of the least log loss; absent: the
   * last round is kept.
   */
  select?: "logLoss" | "error";
  /** Rows of each part that a round is measured on, at most. */
  maxMeasuredRows: { train: number; validation: number };
}

/** Weights after the kept round. */
export interface LinearFit {
  ensemble: LinearEnsemble;
  history: BoostIteration[];
}

/** Labels of each group's model: 1 for rows of its class, else 0. Binary: the labels as they are. */
function groupLabels(labels: Float32Array, group: number, nGroups: number, out: Float32Array): Float32Array {
  if (nGroups === 1) return labels;
  for (let row = 0; row < labels.length; row++) out[row] = labels[row] === group ? 1 : 0;
  return out;
}

/** A linear model that grows by rounds: a logistic model per group, all on the rows of one matrix. */
export class GrowingLinearModel {
  readonly ensemble: LinearEnsemble;
  readonly #trainers: XgboostTrainer[];
  readonly #labels: Float32Array;
  readonly #groupLabels: Float32Array;
  readonly #vectors: HeapVectors;
  /** How the weights of each group are read from the heap, once they are found there. */
  readonly #located: ((() => Float32Array) | undefined)[] = [];

  /**
   * @param rows trainer that holds the rows
   * @param parameters of every group's model, under XGBoost's names
   * @param vectors of the module that holds the rows
   */
  constructor(
    rows: XgboostTrainer,
    { matrix, labels }: ThreadRows,
    nGroups: number,
    parameters: readonly [name: string, value: string][],
    vectors: HeapVectors,
  ) {
    this.#vectors = vectors;
    this.#labels = labels;
    this.#groupLabels = new Float32Array(nGroups === 1 ? 0 : labels.length);
    this.#trainers = Array.from({ length: nGroups }, () => {
      const trainer = rows.sibling();
      for (const [name, value] of parameters) trainer.setParameter(name, value);
      return trainer;
    });
    this.ensemble = {
      objective: "binary:logistic",
      nFeatures: matrix.nColumns,
      nGroups,
      baseMargin: 0,
      bias: new Float32Array(nGroups),
      weights: new Float32Array(matrix.nColumns * nGroups),
      rounds: 0,
    };
  }

  /**
   * One round of every group: its weights stand in `ensemble`.
   * @throws Error if a weight is not a finite number any more
   */
  step(): void {
    const { nFeatures, nGroups, bias, weights } = this.ensemble;
    this.ensemble.rounds++;
    this.#trainers.forEach((trainer, group) => {
      trainer.setLabels(groupLabels(this.#labels, group, nGroups, this.#groupLabels));
      trainer.step();
      const own = this.#weightsOf(trainer, group);
      let allFinite = true;
      for (let feature = 0; feature < nFeatures; feature++) {
        // Adding 0 makes 0 of the -0 that XGBoost has for some of what it never touched.
        const weight = own[feature]! + 0;
        weights[feature * nGroups + group] = weight;
        allFinite &&= Number.isFinite(weight);
      }
      bias[group] = own[nFeatures]! + 0;
      if (!allFinite || !Number.isFinite(own[nFeatures]))
        throw new Error(
          `the linear model diverged in round ${this.ensemble.rounds}: use a smaller learning_rate or a larger reg_lambda`,
        );
    });
  }

  /**
   * Weights and bias of a group after its last round. Saving a model takes as long as a round of few rows: only the first
   * round is read from the saved model, later ones from the heap, at the place that held what was saved.
   */
  #weightsOf(trainer: XgboostTrainer, group: number): Float32Array {
    const located = this.#located[group];
    if (located !== undefined) return located();
    const saved = readBinaryWeights(trainer.save());
    if (saved.some((weight) => weight !== 0)) this.#located[group] = trainer.locate(saved, this.#vectors);
    return saved;
  }

  /** @throws Error if what was read of the heap is not what XGBoost saves: the module is not the one we know */
  check(): void {
    this.#trainers.forEach((trainer, group) => {
      const read = this.#located[group]?.();
      if (read === undefined) return;
      const saved = readBinaryWeights(trainer.save());
      if (saved.some((weight, i) => weight !== read[i]! + 0))
        throw new Error(
          "the weights in the trainer's heap are not those of its model: reinstall ml-xgboost 1.1.2",
        );
    });
  }

  free(): void {
    for (const trainer of this.#trainers) trainer.free();
  }
}

const copyOf = (ensemble: LinearEnsemble): LinearEnsemble => ({
  ...ensemble,
  bias: ensemble.bias.slice(),
  weights: ensemble.weights.slice(),
});

/** Runs the rounds of a model and measures each. */
export function fitLinear(
  model: GrowingLinearModel,
  train: ThreadRows,
  validation: ThreadRows | undefined,
  { rounds, earlyStoppingRounds, select, maxMeasuredRows }: LinearRounds,
  onRound: (iteration: BoostIteration) => void,
): LinearFit {
  const scorer = createLinearScorer(model.ensemble);
  const onTrain = new StepTally(train, scorer, maxMeasuredRows.train);
  const onValidation = validation && new StepTally(validation, scorer, maxMeasuredRows.validation);
  const history: BoostIteration[] = [];
  let best: { value: number; logLoss: number; at: number; ensemble: LinearEnsemble } | undefined;
  for (let number = 1; number <= rounds; number++) {
    model.step();
    const iteration: BoostIteration = { number, of: rounds, train: onTrain.measure() };
    if (onValidation) iteration.validation = onValidation.measure();
    history.push(iteration);
    onRound(iteration);
    if (iteration.validation === undefined) continue;
    const { logLoss } = iteration.validation;
    const value = iteration.validation[select ?? "logLoss"];
    if (best === undefined || value < best.value || (value === best.value && logLoss < best.logLoss)) {
      best = {
        value,
        logLoss,
        at: number,
        ensemble: select === undefined ? model.ensemble : copyOf(model.ensemble),
      };
    }
    if (earlyStoppingRounds > 0 && number - best.at >= earlyStoppingRounds) break;
  }
  model.check();
  return { ensemble: copyOf(best?.ensemble ?? model.ensemble), history };
}
