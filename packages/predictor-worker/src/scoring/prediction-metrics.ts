import type { PinnedModel } from "@colaml/shared/mlflow/load-model";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { KEPT_MODELS, type ModelSource } from "./model-cache";

/** Seconds: 2 to 4 MB take some tens of milliseconds, behind an explanation or on a busy machine seconds. */
const BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How the coordinator ended a chunk. */
export type ChunkEnd = "done" | "failed" | "oversize";
/** Why a chunk was not made in one go: Redis or its part was lost, an attempt failed, a worker was lost with it. */
export type ChunkRedone = "missing" | "retried" | "worker_lost";

/** What a predictor counts of its batches and texts. Nothing is shown before it happened. */
export interface PredictionMetrics {
  /** A chunk is in the output, or its records are in the rejected file. */
  chunkEnded(end: ChunkEnd, counts: { rows: number; rejected: number }): void;
  chunksRedone(reason: ChunkRedone, chunks: number): void;
  /** A range was read, scored and stored by this process. */
  chunkScored(seconds: number): void;
  textsScored(rows: number): void;
  /** The same models, noted as they are loaded. */
  watchModels(models: ModelSource): ModelSource;
}

/** @param registry of the process; labels come from closed sets and from the names and versions in use */
export function createPredictionMetrics(registry: Registry): PredictionMetrics {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter({ name, help, labelNames, registers });
  const rows = counter("colaml_rows_total", "Rows of predictions, by what became of them", ["outcome"]);
  const chunks = counter("colaml_chunks_total", "Chunks that batches ended, by how", ["outcome"]);
  const redone = counter("colaml_chunks_redone_total", "Chunks made once more, by why", ["reason"]);
  // A label, or it would be shown before anything was measured.
  const duration = new Histogram({
    name: "colaml_chunk_duration_seconds",
    help: "Time to read, score and store a chunk",
    labelNames: ["queue"] as const,
    buckets: BUCKETS_S,
    registers,
  });
  const countRows = (outcome: "predicted" | "rejected", count: number) => {
    if (count > 0) rows.inc({ outcome }, count);
  };
  const used = showModels(registry);
  return {
    chunkEnded(outcome, counts) {
      chunks.inc({ outcome });
      countRows("predicted", counts.rows);
      countRows("rejected", counts.rejected);
    },
    chunksRedone: (reason, count) => redone.inc({ reason }, count),
    chunkScored: (seconds) => duration.observe({ queue: "predict-chunk" }, seconds),
    textsScored: (count) => countRows("predicted", count),
    watchModels: (models) => ({
      resolve: (uri) => models.resolve(uri),
      async load(pinned) {
        const model = await models.load(pinned);
        used(pinned);
        return model;
      },
    }),
  };
}

/** `colaml_model_info` of the versions that were loaded last, as many as stay in memory. */
function showModels(registry: Registry): (pinned: PinnedModel) => void {
  const last = new Map<string, PinnedModel>();
  new Gauge({
    name: "colaml_model_info",
    help: "1 for each model in memory; alias is empty if a batch pinned the version",
    labelNames: ["name", "version", "alias"] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, version } of last.values()) this.set({ name, version, alias: "" }, 1);
    },
  });
  return (pinned) => {
    const key = `${pinned.name}/${pinned.version}`;
    last.delete(key);
    last.set(key, pinned);
    for (const oldest of last.keys()) {
      if (last.size <= KEPT_MODELS) break;
      last.delete(oldest);
    }
  };
}
