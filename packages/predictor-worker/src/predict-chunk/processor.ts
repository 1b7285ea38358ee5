import { createHash } from "node:crypto";
import type { ChunkPlan, PredictChunkJob, PredictChunkResult } from "@colaml/shared/contracts/predict-chunk";
import { checkJobPath } from "@colaml/shared/files/job-path";
import { createExplain } from "@colaml/shared/learning/model/explain";
import type { Processor } from "@colaml/shared/worker/job-context";
import { ByteScorer } from "../scoring/byte-scorer";
import type { ChunkScorer } from "../scoring/chunk-scorer";
import type { ModelSource } from "../scoring/model-cache";
import { PlainScorer } from "../scoring/plain-scorer";
import type { PredictionMetrics } from "../scoring/prediction-metrics";
import type { ChunkBytes } from "../transport/chunk-transport";
import { compressPart } from "../transport/part-compression";

/** Scorers kept: one per batch that this worker takes chunks of in turn. */
const KEPT_SCORERS = 4;

export interface ChunkProcessorOptions {
  models: ModelSource;
  /** By the kind of the job's source. */
  bytes: Record<PredictChunkJob["source"]["kind"], ChunkBytes>;
  metrics: Pick<PredictionMetrics, "chunkScored" | "chunksRedone">;
  /** Every path must lie in here; empty: any. */
  dataDir: string;
}

/** The logic of a chunk worker: reads a range, scores it with the pinned model, stores the part. */
export function createChunkProcessor(
  options: ChunkProcessorOptions,
): Processor<PredictChunkJob, PredictChunkResult> {
  const scorers = new Map<string, ChunkScorer>();
  const openScorer = async (plan: ChunkPlan): Promise<ChunkScorer> => {
    const key = JSON.stringify(plan);
    const scorer = scorers.get(key) ?? (await createScorer(plan, options.models));
    scorers.delete(key);
    scorers.set(key, scorer);
    for (const oldest of scorers.keys()) {
      if (scorers.size <= KEPT_SCORERS) break;
      scorers.delete(oldest);
    }
    return scorer;
  };
  const { metrics } = options;
  return async (chunk, context) => {
    const startedAt = performance.now();
    if (context.deaths > 0) metrics.chunksRedone("worker_lost", 1);
    else if (context.attempt > 1) metrics.chunksRedone("retried", 1);
    if (chunk.source.kind === "file") {
      await checkJobPath(options.dataDir, chunk.source.path);
      await checkJobPath(options.dataDir, chunk.source.folder);
    }
    const bytes = options.bytes[chunk.source.kind];
    const scorer = await openScorer(chunk.plan);
    const range = await bytes.read(chunk);
    const scored = scorer.score(range, { firstLine: chunk.firstLine, firstRow: chunk.firstRow });
    context.signal.throwIfAborted();
    const output = await compressPart(scored.output, chunk.plan.output.compression);
    await bytes.write(chunk, [output, scored.rejectedLines]);
    metrics.chunkScored((performance.now() - startedAt) / 1000);
    const sha256 = createHash("sha256").update(output).update(scored.rejectedLines).digest("hex");
    return {
      rows: scored.rows,
      rejected: scored.rejected,
      rejectedByReason: scored.rejectedByReason,
      invalidUtf8: scored.invalidUtf8,
      withoutKnownWords: scored.withoutKnownWords,
      ...(scored.decisions && { decisions: scored.decisions }),
      outputBytes: output.length,
      rejectedBytes: scored.rejectedLines.length,
      sha256,
    };
  };
}

async function createScorer(plan: ChunkPlan, models: ModelSource): Promise<ChunkScorer> {
  const { bundle, classifier } = await models.load(plan.model);
  const fast = ByteScorer.of(plan, bundle, classifier);
  return fast ?? new PlainScorer(plan, classifier, createExplain(bundle, classifier));
}
