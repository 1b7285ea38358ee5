import { xgboostFailure } from "@colaml/shared/learning/model/xgboost-failure";

// Texts as ml-xgboost 1.1.2 throws and prints them.
const FLAGS = " - Exception catching is disabled, this exception cannot be caught. Compile with -s DISABLE";
const PRINTED = [
  "[10:20:30] src/objective/objective.cc:21: Objective candidate: reg:linear",
  "[10:20:30] ./xgboost/dmlc-core/include/dmlc/logging.h:308: [10:20:30] src/objective/objective.cc:23: Unknown objective",
  "",
  "Stack trace returned 1 entries:",
  "[bt] (0) jsStackTrace",
];

it.each([
  ["a bare number", 5360016],
  ["a text on emscripten's flags", `5360016${FLAGS}`],
])("gives the last line the module logged for %s", (_, thrown) => {
  expect(xgboostFailure(thrown, PRINTED)).toMatch(/^XGBoost stopped: .*Unknown objective$/);
});

it("says so if the module gave no reason", () => {
  expect(xgboostFailure(12, ["bt"])).toBe("XGBoost stopped without a reason");
});

it("says what to do when the heap is full", () => {
  const thrown = 'abort("Cannot enlarge memory arrays. Either (1) compile with  -s TOTAL_MEMORY=X").\n at x';
  expect(xgboostFailure(thrown, PRINTED)).toMatch(/^the trainer's memory of 2 GB is full: .*max_train_rows/);
});

it("passes other errors on in one line", () => {
  expect(xgboostFailure(new Error("odd\n  thing"), PRINTED)).toBe("odd thing");
});
