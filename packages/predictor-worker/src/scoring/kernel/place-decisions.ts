import type { Calibration } from "@colaml/shared/learning/model/calibration";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import type { Kernel } from "./kernel";
import { ISOTONIC_CALIBRATION, MAP_BYTES, SIGMOID_CALIBRATION } from "./kernel-facts";

/** Lays in a model's calibration and decision rule; nothing if it has none. */
export function placeDecisions(kernel: Kernel, { calibration, decision, classes }: ModelBundle): void {
  const { exports } = kernel;
  if (calibration) {
    exports.calibration.value = calibration.method === "sigmoid" ? SIGMOID_CALIBRATION : ISOTONIC_CALIBRATION;
    exports.calibrationMaps.value = placeMaps(kernel, calibration);
  }
  if (decision) {
    const { thresholds, abstainBelow = 0 } = decision;
    exports.decides.value = 1;
    exports.thresholds.value = thresholds ? kernel.place(Float64Array.from(thresholds)) : 0;
    exports.abstainBelow.value = abstainBelow;
    exports.decisionCounts.value = kernel.reserve((classes.length + 1) * 4);
  }
}

function placeMaps(kernel: Kernel, calibration: Calibration): number {
  if (calibration.method === "sigmoid")
    return kernel.place(
      Float64Array.from(calibration.maps.flatMap(({ slope, intercept }) => [slope, intercept])),
    );
  const places = calibration.maps.map(({ x, y }) =>
    kernel.place(Float64Array.from(x.flatMap((at, i) => [at, y[i]!]))),
  );
  const words = Uint32Array.from(
    calibration.maps.flatMap(({ x }, k) => [
      places[k]!,
      x.length,
      ...new Array<number>(MAP_BYTES / 4 - 2).fill(0),
    ]),
  );
  return kernel.place(words);
}
