import { duplicatesOf } from "@colaml/trainer-worker/training/training-evidence";

const probabilities = (predicted: readonly number[]) =>
  Float64Array.from(predicted.flatMap((label) => (label === 0 ? [0.9, 0.1] : [0.1, 0.9])));

describe("test rows whose text the training held", () => {
  it("are counted, with the accuracy on them and on the others", () => {
    const rows = {
      seen: Uint8Array.from([1, 1, 0, 0, 0, 1, 0, 1]),
      classOf: Uint16Array.from([0, 1, 0, 1, 1, 0, 0, 1]),
      // right on all 4 that were seen, on 3 of the 4 others
      probabilities: probabilities([0, 1, 0, 1, 0, 0, 0, 1]),
    };
    expect(duplicatesOf(rows, 2)).toEqual({
      duplicateTestRows: 4,
      accuracy: { duplicates: 1, others: 0.75 },
    });
  });

  it("have no accuracy if there are none, nor have the others if there are no others", () => {
    const [classOf, p] = [Uint16Array.from([0, 1]), probabilities([0, 0])];
    expect(duplicatesOf({ seen: Uint8Array.from([0, 0]), classOf, probabilities: p }, 2)).toEqual({
      duplicateTestRows: 0,
    });
    expect(duplicatesOf({ seen: Uint8Array.from([1, 1]), classOf, probabilities: p }, 2)).toEqual({
      duplicateTestRows: 2,
      accuracy: { duplicates: 0.5 },
    });
  });
});
