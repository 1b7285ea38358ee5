import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import { DRIFT_STATISTICS, type MonitorResult } from "@colaml/shared/contracts/monitor";
import { QUALITY_METRICS } from "@colaml/shared/metrics/metric-table";
import { Counter, Gauge, type Registry } from "prom-client";
import type { AlertMetrics } from "../alerts/open-alerts";

const BUILT_IN = [
  { name: "quality", severity: "critical" },
  { name: "drift", severity: "warning" },
] as const;

/** What the monitor shows on `/metrics`. A metric that the latest check could not compute is not shown. */
export interface MonitorMetrics extends AlertMetrics {
  checked(result: MonitorResult, values: ReadonlyMap<string, number>): void;
}

/** @param rules a closed set, so that labels stay few */
export function createMonitorMetrics(
  registry: Registry,
  rules: readonly Pick<AlertRule, "name" | "severity">[],
): MonitorMetrics {
  const registers = [registry];
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers });
  const quality = gauge("colaml_quality", "Quality of the latest check", ["metric"]);
  const drift = gauge("colaml_drift_score", "PSI and Jensen-Shannon of the latest check", ["method"]);
  const level = gauge("colaml_drift_level", "0 none, 1 warning, 2 alert", []);
  const open = gauge("colaml_open_incidents", "Incidents that have not ended", []);
  const alerts = new Counter({
    name: "colaml_alerts_total",
    help: "Incidents that began",
    labelNames: ["rule", "severity"] as const,
    registers,
  });
  const deliveries = new Counter({
    name: "colaml_webhook_deliveries_total",
    help: "Tries to post an alert, by how they ended",
    labelNames: ["outcome"] as const,
    registers,
  });
  // Shown as 0 from the start: a counter that appears with its first alert has no increase to alert on.
  for (const { name: rule, severity } of [...BUILT_IN, ...rules]) alerts.inc({ rule, severity }, 0);
  return {
    checked(result, values) {
      quality.reset();
      drift.reset();
      for (const metric of QUALITY_METRICS.flatMap((name) => [
        name,
        `estimated_${name}`,
        `estimated_shares_shifted_${name}`,
      ])) {
        const value = values.get(metric);
        if (value !== undefined) quality.set({ metric }, value);
      }
      for (const statistic of DRIFT_STATISTICS) {
        for (const method of [`psi_${statistic}`, `js_${statistic}`]) {
          const value = values.get(`drift_${method}`);
          if (value !== undefined) drift.set({ method }, value);
        }
      }
      const drifted = values.get("drift_level");
      if (drifted !== undefined) level.set(drifted);
      open.set(result.openIncidents.length);
    },
    alerted({ rule, severity, status }) {
      if (status === "firing") alerts.inc({ rule, severity });
    },
    delivery: (outcome) => deliveries.inc({ outcome }),
  };
}
