import { createMonitorMetrics } from "@colaml/monitor-worker/monitor/monitor-metrics";
import type { Alert, Incident } from "@colaml/shared/contracts/alerts";
import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import { Registry } from "prom-client";

const incidents = (severities: string[]) => ({
  list: async () => severities.map((severity) => ({ alert: { severity } }) as Incident),
});
const noIncidents = incidents([]);
const twoOpen = incidents(["critical", "critical"]);

describe("what the monitor shows on /metrics", () => {
  it("counts each alert by rule and severity, from 0 on, and no recovery", async () => {
    const registry = new Registry();
    const metrics = createMonitorMetrics(
      registry,
      [{ name: "accuracy-low", severity: "critical" }],
      noIncidents,
    );
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

  it("shows only the latest check of each model, and leaves out what it could not compute", async () => {
    const registry = new Registry();
    const metrics = createMonitorMetrics(registry, [], twoOpen);
    const check = (model: string, values: Record<string, number>) =>
      metrics.checked({ model } as MonitorResult, new Map(Object.entries(values)));
    check("tweets", { accuracy_score: 0.8, roc_auc: 0.9, drift_psi_score: 0.05, drift_level: 1 });
    check("mails", { accuracy_score: 0.6 });
    check("tweets", { accuracy_score: 0.7 });
    const shown = (await registry.metrics())
      .split("\n")
      .filter((line) => /^colaml_(quality|drift|open)/.test(line));
    expect(shown).toEqual([
      'colaml_quality{model="tweets",metric="accuracy_score"} 0.7',
      'colaml_quality{model="mails",metric="accuracy_score"} 0.6',
      'colaml_open_incidents{severity="info"} 0',
      'colaml_open_incidents{severity="warning"} 0',
      'colaml_open_incidents{severity="critical"} 2',
    ]);
  });

  it("shows nothing of quality and drift before a check", async () => {
    const registry = new Registry();
    createMonitorMetrics(registry, [], noIncidents);
    expect(await registry.metrics()).not.toMatch(
      /^colaml_(quality|drift_score|drift_level|last_check\w*)[ {]/m,
    );
  });
});
