import { ColaError } from "@colaml/shared/errors/cola-error";
import type { RedisConnection } from "@colaml/shared/jobs/connection";
import type { PredictChunkJob } from "@colaml/shared/jobs/predict-chunk";
import type { BatchBytes, ChunkBytes } from "./chunk-transport";

/** What nobody collects goes away: a batch that stands still longer than this makes its chunks again. */
const KEPT_S = 86_400;

const key = (prefix: string, batch: string, index: number, what: "in" | "out") =>
  `${prefix}:chunk-bytes:${batch}:${index}:${what}`;

/** Chunks and parts as binary values of Redis beside the job, for workers that share no disk. */
export function createRedisChunks(redis: RedisConnection, prefix: string): ChunkBytes {
  return {
    async read({ batch, index, source }) {
      const bytes = await redis.getBuffer(key(prefix, batch, index, "in"));
      if (bytes === null || (source.kind === "redis" && bytes.length !== source.bytes)) {
        throw new ColaError("CHUNK_FAILED", `the bytes of chunk ${index} are not in Redis any more`);
      }
      return bytes;
    },
    async write({ batch, index }, part) {
      await redis.set(key(prefix, batch, index, "out"), Buffer.concat(part), "EX", KEPT_S);
    },
  };
}

/** The coordinator's side. A value is written before its job is added. */
export function createRedisBatch(redis: RedisConnection, prefix: string, batch: string): BatchBytes {
  return {
    async offer(index, _start, _end, bytes): Promise<PredictChunkJob["source"]> {
      await redis.set(key(prefix, batch, index, "in"), bytes, "EX", KEPT_S);
      return { kind: "redis", bytes: bytes.length };
    },
    offered: async (index) => (await redis.getBuffer(key(prefix, batch, index, "in"))) ?? undefined,
    take: async (index) => (await redis.getBuffer(key(prefix, batch, index, "out"))) ?? undefined,
    async drop(index) {
      await redis.del(key(prefix, batch, index, "in"), key(prefix, batch, index, "out"));
    },
  };
}
