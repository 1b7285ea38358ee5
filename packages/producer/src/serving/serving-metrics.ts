import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { InFlight } from "./in-flight";
import type { Serving } from "./serving";

/** Seconds: a text takes some ten microseconds, a large request up to the deadline. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export interface ServingMetrics {
  registry: Registry;
  /** Notes an answer: its route (a pattern), its status and how long it took from the first byte of the request. */
  answered(route: string, status: number, seconds: number): void;
  /** Notes rows that were scored. */
  scored(rows: number): void;
}

/**
 * Metrics of scoring. What has labels is absent until it was measured; names and versions are those in memory now, at
 * most COLAML_SERVE_MODELS.
 */
export function createServingMetrics(serving: Serving, inFlight: InFlight): ServingMetrics {
  const registry = new Registry();
  const registers = [registry];
  const durations = new Histogram({
    name: "colaml_scoring_duration_seconds",
    help: "Time to answer a scoring request, its body included, by route and status",
    labelNames: ["route", "status"] as const,
    buckets: BUCKETS,
    registers,
  });
  const rows = new Counter({ name: "colaml_scoring_rows_total", help: "Rows scored online", registers });
  new Gauge({
    name: "colaml_scoring_in_flight",
    help: "Scoring requests in hand",
    registers,
    collect() {
      this.set(inFlight.count);
    },
  });
  addModelGauges(serving, registers);
  return {
    registry,
    answered: (route, status, seconds) => durations.observe({ route, status }, seconds),
    scored: (count) => rows.inc(count),
  };
}

function addModelGauges(serving: Serving, registers: Registry[]): void {
  new Gauge({
    name: "colaml_model_info",
    help: "1 for each model in memory: the version that a name and alias stand for",
    labelNames: ["name", "version", "alias"] as const,
    registers,
    collect() {
      this.reset();
      for (const { reference, model } of serving.shelved()) {
        const { name, version } = model.pinned;
        this.set({ name, version, alias: reference.follows ?? "" }, 1);
      }
    },
  });
  new Gauge({
    name: "colaml_scoring_alias_confirmed_timestamp_seconds",
    help: "When MLflow last confirmed what an alias stands for; absent if it has not since the start",
    labelNames: ["model", "alias"] as const,
    registers,
    collect() {
      this.reset();
      for (const { reference, confirmedAtMs } of serving.shelved()) {
        if (reference.follows === undefined || confirmedAtMs === undefined) continue;
        this.set({ model: reference.name, alias: reference.follows }, confirmedAtMs / 1000);
      }
    },
  });
}
