import {
  constants,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
} from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import { collectDefaultMetrics, Gauge, type Registry } from "prom-client";
import { RELEASE } from "../settings/installation";

/** Gauges whose names end like a counter's, which `promtool check metrics` refuses; others say the same. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** V8's spaces of young objects: collected many times a second, and garbage for the most part. */
const YOUNG = new Set(["new_space", "new_large_object_space"]);

/**
 * What every process of ColaML shows of itself: `colaml_build_info`, and memory, processor time and event loop
 * (`colaml_process_*`, `colaml_nodejs_*`), and `colaml_heap_after_collection_bytes`.
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
  showHeapAfterCollection(registry);
}

/** What a leak makes grow: the heap in use swings by tens of MB of garbage that V8 has not collected yet. */
function showHeapAfterCollection(registry: Registry): void {
  const gauge = new Gauge({
    name: "colaml_heap_after_collection_bytes",
    help: "V8's heap in use after its last full collection, without young objects",
    // Without a label it would be shown as 0 before the first one.
    labelNames: ["heap"] as const,
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isFull)) gauge.set({}, olderBytes());
  });
  observer.observe({ entryTypes: ["gc"] });
}

/** Of an entry of type `gc`, which has a detail. */
const isFull = (entry: PerformanceEntry) =>
  (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail.kind ===
  constants.NODE_PERFORMANCE_GC_MAJOR;

/** Bytes in use of V8's heap, without young objects. */
function olderBytes(): number {
  const older = getHeapSpaceStatistics().filter(({ space_name }) => !YOUNG.has(space_name));
  return older.reduce((total, { space_used_size }) => total + space_used_size, 0);
}
