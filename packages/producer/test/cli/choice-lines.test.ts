import { choiceLines } from "@colaml/producer/cli/choice-lines";

describe("the lines of what a training chose", () => {
  it("are none if it chose nothing", () => {
    expect(choiceLines({})).toEqual([]);
  });

  it("name what the preset set, the penalty, and the rows of a sample", () => {
    const tried = [
      { reg_lambda: 0.0001, iterations: 3, error: 0.02, logLoss: 0.1 },
      { reg_lambda: 0.00001234, iterations: 7, error: 0.01, logLoss: 0.05 },
    ];
    expect(
      choiceLines({
        preset: "best",
        presetSettings: { analyzer: ["word", "char_wb"], max_features: 20_000 },
        chosen: { reg_lambda: 0.00001234, iterations: 7, tried },
        sampled: { rows: 200_000, of: 1_000_000 },
      }),
    ).toEqual([
      "  preset best: analyzer word+char_wb, max_features 20000",
      "  chosen on validation: reg_lambda 0.0000123 of 2, 7 rounds",
      "  a seeded sample: 200000 of 1000000 rows",
    ]);
  });

  it("say in one line what the preset best would give", () => {
    const bestPreset = {
      validationAccuracy: 0.98,
      trainedAccuracy: 0.79333,
      rows: { train: 2_450, validation: 1_050 },
      seconds: 1,
    };
    expect(choiceLines({ bestPreset })).toEqual([
      "  --preset best would give about 98.0% accuracy on validation rows, not 79.3% (a quick fit of 2450 rows)",
    ]);
  });
});
