import { settingsOf } from "@colaml/monitor-worker/monitor/check-result";
import { monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";

const job = (more = {}) => monitorJobSchema.parse(more);

describe("the settings of a check", () => {
  it("know which thresholds nobody set, by the setting that would", () => {
    const { thresholds, byDefault } = settingsOf(
      resolveConfig({ env: { COLAML_RECALL_THRESHOLD: "0.8" } }).monitor,
      job(),
    );
    expect(thresholds.recall_score).toBe(0.8);
    expect(byDefault).toEqual({
      accuracy_score: "--accuracy-threshold (COLAML_ACCURACY_THRESHOLD)",
      precision_score: "--precision-threshold (COLAML_PRECISION_THRESHOLD)",
      f1_score: "--f1-threshold (COLAML_F1_THRESHOLD)",
    });
    // Schedules of the older release carry all thresholds, set or not.
    const scheduled = job({ thresholds: { accuracy_score: 0.75, recall_score: 0.9 } });
    expect(Object.keys(settingsOf(resolveConfig().monitor, scheduled).byDefault)).toEqual(["accuracy_score"]);
  });

  it("name the classes of thresholds, of the setting and of rules, each once", () => {
    const config = resolveConfig({ env: { COLAML_CLASS_RECALL: "spam=0.9,ham=0.5" } }).monitor;
    const rules = [
      { metric: "class_recall/ham" },
      { metric: "class_recall/other" },
      { metric: "recall_score" },
    ];
    expect(settingsOf(config, job(), rules).namedClasses).toEqual(["spam", "ham", "other"]);
    const ofJob = settingsOf(config, job({ thresholds: { class_recall: { eggs: 0.2 } } }));
    expect(ofJob.namedClasses).toEqual(["eggs"]);
  });

  it("have a least number of rows for drift, of the job or else configured", () => {
    const config = resolveConfig({ env: { COLAML_DRIFT_MIN_ROWS: "300" } }).monitor;
    expect(settingsOf(config, job()).driftMinRows).toBe(300);
    expect(settingsOf(config, job({ driftMinRows: 20 })).driftMinRows).toBe(20);
  });
});
