import { Gauge, Registry } from "prom-client";
import type { QueueOverview } from "../submit/queue-overview";

/**
 * The queues for Prometheus. What is not known is absent: the age of the oldest job if none waits, the workers of queues
 * that no worker of ours runs.
 *
 * @returns the text of one moment's overviews
 */
export function createQueueMetrics(): (overviews: readonly QueueOverview[]) => Promise<string> {
  const registry = new Registry();
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const jobs = gauge("colaml_queue_jobs", "Jobs of a queue by state; ended ones: those still kept", [
    "queue",
    "state",
  ]);
  const workers = gauge(
    "colaml_queue_workers",
    "Workers that listen on a queue, other releases' and your own too",
    ["queue"],
  );
  const paused = gauge("colaml_queue_paused", "1 if workers may take nothing from the queue", ["queue"]);
  const oldest = gauge(
    "colaml_queue_oldest_waiting_seconds",
    "Age of the job that is taken next; absent if none waits",
    ["queue"],
  );
  return (overviews) => {
    for (const each of [jobs, workers, paused, oldest]) each.reset();
    for (const { queue, worker, counts, ...rest } of overviews) {
      for (const [state, count] of Object.entries(counts))
        jobs.set({ queue, state: snakeCase(state) }, count);
      paused.set({ queue }, rest.paused ? 1 : 0);
      if (worker) workers.set({ queue }, rest.workers.length + (rest.otherWorkers ?? 0));
      if (rest.oldestWaitingMs !== undefined) oldest.set({ queue }, rest.oldestWaitingMs / 1000);
    }
    return registry.metrics();
  };
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
