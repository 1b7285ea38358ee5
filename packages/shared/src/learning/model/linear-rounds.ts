import { type PackedRows, RowUnpacker } from "../text/packed-rows";
import { type BoostIteration, type ProbabilitiesOf, StepTally } from "./boosting-progress";
import type { HeapVectors } from "./heap-vector";
import { readBinaryWeights } from "./linear-binary";
import type { LinearEnsemble } from "./linear-ensemble";
import { linearMargins, linearProbabilities } from "./linear-scorer";
import type { XgboostColumns } from "./xgboost-columns";
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
  /** Earlier rounds (from 1) are not kept. Absent: every round may be. */
  keepFrom?: number;
  /** Training rows that a round is measured on, at most. */
  maxMeasuredTrainRows: number;
}

/** Rows that every round is measured on: all of them. */
export interface MeasuredRows {
  matrix: PackedRows;
  /** Class of each row. */
  labels: Float32Array;
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

/** The rows that linear models are fitted on: columns in the heap, and a trainer of them to make siblings of. */
export interface LinearRows {
  columns: XgboostColumns;
  trainer: XgboostTrainer;
  /** Class of each row. */
  labels: Float32Array;
  /** Finds the weights of models in the heap. */
  vectors: HeapVectors;
}

/** A linear model that grows by rounds: a logistic model per group, all on the same rows. */
export class GrowingLinearModel {
  readonly ensemble: LinearEnsemble;
  readonly #rows: LinearRows;
  readonly #trainers: XgboostTrainer[];
  readonly #groupLabels: Float32Array;
  /** Margin of each row after the last round, of each group. */
  readonly #margins: Float32Array[];
  /** The weights of each group and behind them its bias, a view of the heap, once they are found there. */
  readonly #located: ((() => Float32Array) | undefined)[] = [];

  /** @param parameters of every group's model, under XGBoost's names */
  constructor(rows: LinearRows, nGroups: number, parameters: readonly [name: string, value: string][]) {
    const { nRows, nColumns } = rows.columns;
    this.#rows = rows;
    this.#groupLabels = new Float32Array(nGroups === 1 ? 0 : nRows);
    this.#margins = Array.from({ length: nGroups }, () => new Float32Array(nRows));
    this.#trainers = Array.from({ length: nGroups }, () => {
      const trainer = rows.trainer.sibling();
      for (const [name, value] of parameters) trainer.setParameter(name, value);
      return trainer;
    });
    this.ensemble = {
      objective: "binary:logistic",
      nFeatures: nColumns,
      nGroups,
      baseMargin: 0,
      bias: new Float32Array(nGroups),
      weights: new Float32Array(nColumns * nGroups),
      rounds: 0,
    };
  }

  /**
   * One round of every group: its weights stand in `ensemble`.
   * @throws Error if a weight is not a finite number any more
   */
  step(): void {
    const { nFeatures, nGroups, bias, weights } = this.ensemble;
    const { trainer: rows, labels, columns } = this.#rows;
    this.ensemble.rounds++;
    this.#trainers.forEach((trainer, group) => {
      rows.setLabels(groupLabels(labels, group, nGroups, this.#groupLabels));
      rows.setMargins(this.#margins[group]!);
      const own = this.#stepOf(trainer, group);
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
      columns.margins(own, bias[group]!, this.#margins[group]!);
    });
  }

  /** Probabilities of a training row. */
  probabilities(row: number, out: Float64Array): Float64Array {
    return linearProbabilities(
      this.#margins.map((margins) => margins[row]!),
      out,
    );
  }

  /**
   * A round of a group: its weights and behind them its bias. Saving a model takes as long as a round of few rows: only
   * the first round is read from the saved model, later ones from the heap, at the place that held what was saved.
   *
   * XGBoost adds its bias to the margins, which hold it: it starts each round at zero, and what the round makes of it is
   * added to what it was, as XGBoost does itself.
   */
  #stepOf(trainer: XgboostTrainer, group: number): Float32Array {
    const located = this.#located[group];
    if (located !== undefined) {
      const { nFeatures, bias } = this.ensemble;
      located()[nFeatures] = 0;
      trainer.step();
      const own = located();
      own[nFeatures]! += bias[group]!;
      return own;
    }
    trainer.step();
    const saved = readBinaryWeights(trainer.save());
    if (saved.some((weight) => weight !== 0)) {
      this.#located[group] = trainer.locate(saved, this.#rows.vectors);
      if (this.#located[group] === undefined) throw unknownModule();
    }
    return saved;
  }

  /** @throws Error if what was read of the heap is not what XGBoost saves: the module is not the one we know */
  check(): void {
    this.#trainers.forEach((trainer, group) => {
      const read = this.#located[group]?.();
      if (read === undefined) return;
      const saved = readBinaryWeights(trainer.save());
      if (saved.some((weight, i) => weight !== read[i]! + 0)) throw unknownModule();
    });
  }

  free(): void {
    for (const trainer of this.#trainers) trainer.free();
  }
}

function unknownModule(): Error {
  return new Error(
    "the weights in the trainer's heap are not those of its model: reinstall ml-xgboost 1.1.2",
  );
}

const copyOf = (ensemble: LinearEnsemble): LinearEnsemble => ({
  ...ensemble,
  bias: ensemble.bias.slice(),
  weights: ensemble.weights.slice(),
});

/** Runs the rounds of a model and measures each. */
export function fitLinear(
  model: GrowingLinearModel,
  labels: Float32Array,
  validation: MeasuredRows | undefined,
  { rounds, earlyStoppingRounds, select, keepFrom = 1, maxMeasuredTrainRows }: LinearRounds,
  onRound: (iteration: BoostIteration) => void,
): LinearFit {
  const nClasses = Math.max(2, model.ensemble.nGroups);
  const onTrain = new StepTally(labels, nClasses, maxMeasuredTrainRows, (row, out) =>
    model.probabilities(row, out),
  );
  const onValidation =
    validation &&
    new StepTally(validation.labels, nClasses, validation.matrix.nRows, scoring(model, validation.matrix));
  const history: BoostIteration[] = [];
  let best: { value: number; logLoss: number; at: number; ensemble: LinearEnsemble } | undefined;
  for (let number = 1; number <= rounds; number++) {
    model.step();
    const iteration: BoostIteration = { number, of: rounds, train: onTrain.measure() };
    if (onValidation) iteration.validation = onValidation.measure();
    history.push(iteration);
    onRound(iteration);
    if (iteration.validation === undefined || number < keepFrom) continue;
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

/** Scores rows, in their order, by a model as it is at that time. */
function scoring({ ensemble }: GrowingLinearModel, packed: PackedRows): ProbabilitiesOf {
  const rows = new RowUnpacker(packed);
  const margins = new Float32Array(ensemble.nGroups);
  return (row, out) => {
    if (row === 0) rows.rewind();
    rows.next();
    return linearProbabilities(linearMargins(ensemble, rows.indices, rows.values, rows.count, margins), out);
  };
}
