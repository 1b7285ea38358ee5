import { createCalibrate } from "@colaml/shared/learning/model/calibration";
import { chooseCalibration } from "@colaml/trainer-worker/decisions/choose-calibration";
import { calibrated, fitCalibration } from "@colaml/trainer-worker/decisions/fit-calibration";
import { fitIsotonic } from "@colaml/trainer-worker/decisions/isotonic-fit";
import { reliability } from "@colaml/trainer-worker/decisions/reliability";
import { fitSigmoid } from "@colaml/trainer-worker/decisions/sigmoid-fit";
import { binaryRows, classRows, FIXTURE, furthest, noTurn } from "./fixture";

const { binary, classes } = FIXTURE;
const ofClass1 = (probabilities: Float64Array) => probabilities.filter((_, i) => i % 2 === 1);
const asked = Float64Array.from(binary.ask.flatMap((p) => [1 - p, p]));

describe("isotonic calibration", () => {
  it("has the knots of scikit-learn's IsotonicRegression", () => {
    const { x, y } = fitIsotonic(Float64Array.from(binary.scores), binary.labels);
    expect(x).toEqual(binary.isotonic.x);
    expect(furthest(y, binary.isotonic.y)).toBeLessThan(1e-12);
  });

  it("predicts as scikit-learn does, between the knots and outside of them", async () => {
    const all = Uint32Array.from(binary.labels.keys());
    const calibration = await fitCalibration("isotonic", binaryRows(), 2, all, noTurn);
    const predicted = ofClass1(calibrated(calibration, asked, 2));
    expect(furthest(predicted, binary.isotonic.predicted)).toBeLessThan(1e-7);
  });
});

describe("sigmoid calibration", () => {
  it("has scikit-learn's slope and intercept of the logit", () => {
    const map = fitSigmoid(Float64Array.from(binary.scores), binary.labels)!;
    expect(map.slope).toBeCloseTo(binary.sigmoid.slope, 3);
    expect(map.intercept).toBeCloseTo(binary.sigmoid.intercept, 3);
    const calibrate = createCalibrate({ method: "sigmoid", maps: [map] });
    const predicted = binary.ask.map((p) => {
      const row = Float64Array.of(1 - p, p);
      calibrate(row);
      return row[1]!;
    });
    expect(furthest(predicted, binary.sigmoid.predicted)).toBeLessThan(1e-4);
  });

  it("has none for scores that say nothing of the class, or its contrary", () => {
    const scores = Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9);
    expect(fitSigmoid(scores, [1, 1, 1, 1, 0, 0, 0, 0])).toBeUndefined();
  });
});

describe("calibration of three classes", () => {
  it.each(["isotonic", "sigmoid"] as const)("is CalibratedClassifierCV's: %s", async (method) => {
    const all = Uint32Array.from(classes.labels.keys());
    const calibration = await fitCalibration(method, classRows(), 3, all, noTurn);
    const predicted = calibrated(calibration, Float64Array.from(classes.ask.flat()), 3);
    expect(furthest(predicted, classes[method].flat())).toBeLessThan(method === "isotonic" ? 1e-6 : 1e-4);
  });

  it("gives all classes the same where no class has a chance", () => {
    const never = { x: [0, 1], y: [0, 0] };
    const row = Float64Array.of(0.2, 0.3, 0.5);
    createCalibrate({ method: "isotonic", maps: [never, never, never] })(row);
    expect(Array.from(row)).toEqual(new Array(3).fill(Math.fround(1 / 3)));
  });
});

describe("the choice of a calibration", () => {
  const labels = ["no", "yes"];

  it("is made by cross-fitted log loss, and lowers it where a model is too sure of itself", async () => {
    const chosen = await chooseCalibration("auto", binaryRows(), labels, 42, noTurn);
    const { none, sigmoid, isotonic } = chosen.logLoss;
    expect(chosen.calibration!.method).toBe(sigmoid! < isotonic! ? "sigmoid" : "isotonic");
    expect(Math.min(sigmoid!, isotonic!)).toBeLessThan(none);
    expect(await chooseCalibration("auto", binaryRows(), labels, 42, noTurn)).toEqual(chosen);
  });

  it("is none where nothing lowers the log loss", async () => {
    // each score is the share of its rows to the row: 0.2, 0.5 and 0.8 mean what they say
    const shares = [0.2, 0.5, 0.8].flatMap((p) =>
      Array.from({ length: 50 }, (_, i) => [p, i < 50 * p ? 1 : 0]),
    );
    const rows = {
      classOf: Uint16Array.from(shares, ([, actual]) => actual!),
      probabilities: Float64Array.from(shares.flatMap(([p]) => [1 - p!, p!])),
    };
    const chosen = await chooseCalibration("auto", rows, labels, 42, noTurn);
    expect(chosen.calibration).toBeUndefined();
    expect(chosen.reason).toMatch(/no method lowers/);
    expect(chosen.crossFitted).toEqual(rows.probabilities);
  });

  it("is none, with the reason, where a class has too few rows", async () => {
    const rows = { classOf: Uint16Array.of(0, 0, 0, 0, 0, 1), probabilities: new Float64Array(12).fill(0.5) };
    const chosen = await chooseCalibration("isotonic", rows, labels, 42, noTurn);
    expect(chosen.reason).toBe('class "yes" has 1 validation rows, 5 are needed');
  });
});

describe("reliability", () => {
  it("has the expected calibration error by its definition", () => {
    const confidences = classes.probabilities.map((row) => Math.max(...row));
    const isRight = classes.probabilities.map((row, i) =>
      row.indexOf(Math.max(...row)) === classes.labels[i] ? 1 : 0,
    );
    const { ece, bins } = reliability(confidences, isRight);
    expect(ece).toBeCloseTo(classes.coverage.ece, 12);
    expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(classes.labels.length);
  });

  it("has no error without a row", () => {
    expect(reliability([], []).ece).toBeUndefined();
  });
});
