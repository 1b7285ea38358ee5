import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";
import { RELEASE } from "../settings/installation";

/** Gauges whose names end like a counter's, which `promtool check metrics` refuses; others say the same. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/**
 * What every process of ColaML shows of itself: `colaml_build_info`, and memory, processor time and event loop
 * (`colaml_process_*`, `colaml_nodejs_*`).
 */
export function showProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry, prefix: "colaml_" });
  for (const name of MISNAMED) registry.removeSingleMetric(`colaml_${name}`);
  new Gauge({
    name: "colaml_build_info",
    help: "1: the release of ColaML and the version of Node.js that run",
    labelNames: ["release", "node"] as const,
    registers: [registry],
  }).set({ release: RELEASE, node: process.versions.node }, 1);
}
