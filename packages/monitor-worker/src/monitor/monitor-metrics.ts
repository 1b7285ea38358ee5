import type { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import { DRIFT_STATISTICS, type MonitorResult } from "@colaml/shared/contracts/monitor";
import { QUALITY_METRICS } from "@colaml/shared/metrics/metric-table";
import { Counter, Gauge, type Registry } from "prom-client";
import type { AlertMetrics } from "../alerts/open-alerts";

const SEVERITIES = ["info", "warning", "critical"] as const;
const BUILT_IN = [
  { name: "quality", severity: "critical" },
  { name: "drift", severity: "warning" },
] as const;

/** What the monitor shows on `/metrics`. A metric that the latest check could not compute is not shown. */
export interface MonitorMetrics extends AlertMetrics {
  checked(result: MonitorResult, values: ReadonlyMap<string, number>): void;
}

/**
 * @param rules a closed set, so that labels stay few
 * @param incidents counted when somebody asks, so that a monitor that was just started shows them too
 */
export function createMonitorMetrics(
  registry: Registry,
  rules: readonly Pick<AlertRule, "name" | "severity">[],
  incidents: Pick<IncidentStore, "list">,
): MonitorMetrics {
  const registers = [registry];
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers });
  const quality = gauge("colaml_quality", "Quality of the latest check", ["model", "metric"]);
  const drift = gauge("colaml_drift_score", "PSI and Jensen-Shannon of the latest check", [
    "model",
    "method",
  ]);
  const level = gauge("colaml_drift_level", "0 none, 1 warning, 2 alert", ["model"]);
  const lastCheck = gauge("colaml_last_check_timestamp_seconds", "When the model was last checked", [
    "model",
  ]);
  showIncidents(registry, incidents);
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
      const { model } = result;
      lastCheck.setToCurrentTime({ model });
      for (const metric of QUALITY_METRICS.flatMap((name) => [
        name,
        `estimated_${name}`,
        `estimated_shares_shifted_${name}`,
      ])) {
        show(quality, { model, metric }, values.get(metric));
      }
      for (const statistic of DRIFT_STATISTICS) {
        for (const method of [`psi_${statistic}`, `js_${statistic}`]) {
          show(drift, { model, method }, values.get(`drift_${method}`));
        }
      }
      show(level, { model }, values.get("drift_level"));
    },
    alerted({ rule, severity, status }) {
      if (status === "firing") alerts.inc({ rule, severity });
    },
    delivery: (outcome) => deliveries.inc({ outcome }),
  };
}

/** What the latest check of a model could not compute is not shown. */
function show<T extends string>(gauge: Gauge<T>, labels: Record<T, string>, value: number | undefined): void {
  if (value === undefined) gauge.remove(labels);
  else gauge.set(labels, value);
}

function showIncidents(registry: Registry, incidents: Pick<IncidentStore, "list">): void {
  new Gauge({
    name: "colaml_open_incidents",
    help: "Incidents that have not ended, by severity",
    labelNames: ["severity"] as const,
    registers: [registry],
    async collect() {
      const open = await incidents.list({ open: true });
      this.reset();
      for (const severity of SEVERITIES)
        this.set({ severity }, open.filter(({ alert }) => alert.severity === severity).length);
    },
  });
}
