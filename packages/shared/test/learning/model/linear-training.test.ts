import { boostLinear } from "@colaml/shared/learning/model/linear-boosting";
import { LinearTraining } from "@colaml/shared/learning/model/linear-training";
import { columnCounts, type TrainingMatrix } from "@colaml/shared/learning/model/training-matrix";
import { boostInput, modelFixture } from "./model-fixture";

const input = boostInput(modelFixture("linear-binary"));

/** The rows of a matrix `times` times, one copy behind the other. */
function repeated(
  { nRows, nColumns, indptr, indices, values }: TrainingMatrix,
  times: number,
): TrainingMatrix {
  const stored = indptr[nRows]!;
  return {
    nRows: nRows * times,
    nColumns,
    indptr: Uint32Array.from(
      { length: nRows * times + 1 },
      (_, i) => indptr[i % nRows]! + Math.floor(i / nRows) * stored,
    ),
    indices: Uint32Array.from({ length: stored * times }, (_, i) => indices[i % stored]!),
    values: Float32Array.from({ length: stored * times }, (_, i) => values[i % stored]!),
  };
}

async function withTraining<T>(
  shape: { nRows: number; columnCounts: ArrayLike<number> },
  use: (training: LinearTraining) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const training = new LinearTraining({ ...shape, nGroups: 1 }, signal ? { signal } : {});
  try {
    return await use(training);
  } finally {
    await training.close();
  }
}

async function addAll(training: LinearTraining, { nRows, indptr, indices, values }: TrainingMatrix) {
  for (let row = 0; row < nRows; row++)
    await training.add(indices, values, indptr[row + 1]! - indptr[row]!, indptr[row]!);
}

const { labels, classes, settings } = input;
const path = { labels, classes, settings };

describe("a linear training whose rows come one by one", () => {
  it("gives the model that XGBoost fits on the whole matrix, over any number of lots", async () => {
    // More rows than a lot has.
    const matrix = repeated(input.matrix, Math.ceil(10_000 / input.matrix.nRows));
    const labels = Float32Array.from(
      { length: matrix.nRows },
      (_, i) => input.labels[i % input.matrix.nRows]!,
    );
    const settings = { ...input.settings, iterations: 3, class_weights: "none" as const };
    const counts = columnCounts(matrix);
    const [fit] = await withTraining({ nRows: matrix.nRows, columnCounts: counts }, async (training) => {
      await addAll(training, matrix);
      return training.fit({ ...path, labels, settings, regLambdas: [0.0001] });
    });
    // Penalties are per row: rows that repeat change nothing but the rounding of sums.
    const { ensemble } = await boostLinear({
      ...input,
      settings: { ...settings, reg_lambda: 0.0001 },
    });
    fit!.ensemble.weights.forEach((weight, i) => {
      expect(weight).toBeCloseTo(ensemble.weights[i]!, 3);
    });
    expect(fit!.history).toHaveLength(3);
  });

  it("fails if rows are missing, or hold more than was counted", async () => {
    const { matrix } = input;
    const counts = columnCounts(matrix);
    const fit = { ...path, labels: new Float32Array(matrix.nRows + 1).map((_, i) => i % 2), regLambdas: [0] };
    const shape = { nRows: matrix.nRows + 1, columnCounts: counts };
    await expect(
      withTraining(shape, async (training) => {
        await addAll(training, matrix);
        return training.fit(fit);
      }),
    ).rejects.toMatchObject({ code: "TRAINING_FAILED", message: expect.stringMatching(/rows were added/) });
    const fewer = counts.map((count) => Math.max(0, count - 1));
    await expect(
      withTraining({ nRows: matrix.nRows, columnCounts: fewer }, async (training) => {
        await addAll(training, matrix);
        return training.fit({ ...path, regLambdas: [0] });
      }),
    ).rejects.toMatchObject({
      code: "TRAINING_FAILED",
      message: expect.stringMatching(/more values than were counted/),
    });
  });

  it("is cancelled while rows come", async () => {
    const controller = new AbortController();
    const shape = { nRows: input.matrix.nRows, columnCounts: columnCounts(input.matrix) };
    await expect(
      withTraining(
        shape,
        async (training) => {
          await addAll(training, input.matrix);
          controller.abort();
          return training.fit({ ...path, regLambdas: [0] });
        },
        controller.signal,
      ),
    ).rejects.toMatchObject({ code: "JOB_CANCELLED" });
  });

  it("is refused before anything is allocated if it would not fit", () => {
    const shape = { nRows: 10_000_000, columnCounts: new Uint32Array(1_000).fill(1_000_000), nGroups: 1 };
    expect(() => new LinearTraining(shape, {})).toThrow(
      expect.objectContaining({ code: "INPUT_TOO_LARGE", message: expect.stringMatching(/rows would fit/) }),
    );
  });
});
