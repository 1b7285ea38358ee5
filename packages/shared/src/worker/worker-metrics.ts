import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { showProcess } from "./process-metrics";

/** From a chunk of a prediction to a training of an hour. */
const DURATION_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

export type JobOutcome = "completed" | "failed" | "retried" | "handed_back" | "moved" | "lost";

/** Prometheus metrics of one worker process. Labels come from closed sets: no ids, texts or file names. */
export interface WorkerMetrics {
  registry: Registry;
  jobStarted(queue: string): void;
  jobEnded(queue: string, outcome: JobOutcome, seconds: number): void;
  jobStalled(queue: string): void;
}

/** A registry of its own, so that several workers in one process (tests) do not meet in a global one. */
export function createWorkerMetrics(service: string): WorkerMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  showProcess(registry);
  const registers = [registry];
  const labelNames = ["queue"] as const;
  const jobs = new Counter({
    name: "colaml_jobs_total",
    help: "Jobs this process ended",
    labelNames: ["queue", "outcome"] as const,
    registers,
  });
  const durations = new Histogram({
    name: "colaml_job_duration_seconds",
    help: "Time one attempt took",
    labelNames,
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const active = new Gauge({
    name: "colaml_active_jobs",
    help: "Jobs being worked on",
    labelNames,
    registers,
  });
  const stalled = new Counter({
    name: "colaml_stalled_jobs_total",
    help: "Jobs found without a worker and taken back",
    labelNames,
    registers,
  });
  const lastSuccess = new Gauge({
    name: "colaml_last_success_timestamp_seconds",
    help: "When a job last completed",
    labelNames,
    registers,
  });
  return {
    registry,
    jobStarted: (queue) => active.inc({ queue }),
    jobEnded(queue, outcome, seconds) {
      active.dec({ queue });
      jobs.inc({ queue, outcome });
      durations.observe({ queue }, seconds);
      if (outcome === "completed") lastSuccess.setToCurrentTime({ queue });
    },
    jobStalled: (queue) => stalled.inc({ queue }),
  };
}
