import { metricTable } from "@colaml/producer/cli/commands/train";

test("a metric that is absent leaves its column in line, and its reason stands below the table", () => {
  const reason = "1 labels are not a class of the model and have no probability";
  const table = metricTable(
    new Map([
      ["version 1", { accuracy_score: 0.5, absent: { log_loss: reason } }],
      ["version 2", { accuracy_score: 0.25, log_loss: 0.125 }],
    ]),
  );
  const lines = table.split("\n");
  expect(lines).toContain("  accuracy                0.5000      0.2500");
  expect(lines).toContain("  log loss                     -      0.1250");
  expect(lines).toContain(`  no log loss of version 1: ${reason}`);
});

test("what else is compared stands in the same columns", () => {
  const table = metricTable(
    new Map([
      ["preset seed", { accuracy_score: 0.5 }],
      ["preset best", { accuracy_score: 0.25 }],
    ]),
    { seconds: ["2.1", "17.0"] },
  );
  const lines = table.split("\n");
  expect(lines).toContain("  accuracy                0.5000      0.2500");
  expect(lines).toContain("  seconds                    2.1        17.0");
});
