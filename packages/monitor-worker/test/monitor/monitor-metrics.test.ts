import { createMonitorMetrics } from "@colaml/monitor-worker/monitor/monitor-metrics";
import type { Alert } from "@colaml/shared/contracts/alerts";
import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import { Registry } from "prom-client";

describe("what the monitor shows on /metrics", () => {
  it("counts each alert by rule and severity, from 0 on, and no recovery", async () => {
    const registry = new Registry();
    const metrics = createMonitorMetrics(registry, [{ name: "accuracy-low", severity: "critical" }]);
    const lines = async () =>
      (await registry.metrics()).split("\n").filter((line) => line.startsWith("colaml_alerts_total{"));
    expect((await lines()).sort()).toEqual([
      'colaml_alerts_total{rule="accuracy-low",severity="critical"} 0',
      'colaml_alerts_total{rule="drift",severity="warning"} 0',
      'colaml_alerts_total{rule="quality",severity="critical"} 0',
    ]);
    const alert = { rule: "accuracy-low", severity: "critical" } as Alert;
    metrics.alerted({ ...alert, status: "firing" });
    metrics.alerted({ ...alert, status: "recovered" });
    expect(await lines()).toContain('colaml_alerts_total{rule="accuracy-low",severity="critical"} 1');
  });

  it("shows only the latest check, and leaves out what it could not compute", async () => {
    const registry = new Registry();
    const metrics = createMonitorMetrics(registry, []);
    const result = { openIncidents: ["a", "b"] } as unknown as MonitorResult;
    metrics.checked(
      result,
      new Map([
        ["accuracy_score", 0.8],
        ["roc_auc", 0.9],
        ["drift_psi_score", 0.05],
      ]),
    );
    metrics.checked(result, new Map([["accuracy_score", 0.7]]));
    const shown = (await registry.metrics())
      .split("\n")
      .filter((line) => /^colaml_(quality|drift_score|open)/.test(line));
    expect(shown).toEqual(['colaml_quality{metric="accuracy_score"} 0.7', "colaml_open_incidents 2"]);
  });
});
