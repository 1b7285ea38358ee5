import type {
  PredictChunkJob,
  PredictChunkResult,
  PredictDeadJob,
} from "@colaml/shared/contracts/predict-chunk";
import type { OpenQueue, RedisConnection } from "@colaml/shared/queue/connection";
import type { ModelSource } from "../scoring/model-cache";
import type { PredictionMetrics } from "../scoring/prediction-metrics";

/** Named moments of a batch, at which tests end the process. */
export type BatchStep = "claiming" | "added" | "written" | "synced" | "checkpointed" | "complete" | "renamed";

/** What a coordinator needs of the world. */
export interface PredictOptions {
  models: ModelSource;
  chunks: OpenQueue<PredictChunkJob, PredictChunkResult>;
  /** The dead-letter queue: chunks that kept failing. */
  dead: OpenQueue<PredictDeadJob>;
  /** For `transport: redis`. */
  redis: { connection: RedisConnection; prefix: string };
  /** Whether a `predict` job is still to be finished: it may hold an output. */
  isUnfinished: (jobId: string) => Promise<boolean>;
  settings: {
    chunkBytes: number;
    /** Chunks in flight. */
    window: number;
    /** Every path must lie in here; empty: any. */
    dataDir: string;
  };
  clock: () => Date;
  metrics: PredictionMetrics;
  /** Called at named moments; tests end the process there. */
  onStep?: (step: BatchStep) => void;
}
