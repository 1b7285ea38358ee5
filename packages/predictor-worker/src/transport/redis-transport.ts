import type { Writable } from "node:stream";
import { chunkJobId, type PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { RedisConnection } from "@colaml/shared/queue/connection";
import { jobKey, REDIS_KEYS, redisKey } from "@colaml/shared/queue/redis-keys";
import { Command } from "ioredis";
import type { BatchBytes, ChunkBytes } from "./chunk-transport";

/** What nobody collects goes away: a batch that stands still longer than this makes its chunks again. */
const KEPT_S = REDIS_KEYS["chunk-bytes"].keptS;

const key = (prefix: string, batch: string, index: number, what: "in" | "out") =>
  redisKey(prefix, "chunk-bytes", batch, index, what);

/**
 * SET of a large value that is given in pieces. They go to the socket one by one: ioredis would first copy them into
 * one buffer of the command's size, and so much garbage makes full collections.
 */
class SetPieces extends Command {
  readonly #key: string;
  readonly #pieces: readonly Uint8Array[];

  constructor(key: string, pieces: readonly Uint8Array[]) {
    super("set", [key], {});
    this.#key = key;
    this.#pieces = pieces;
  }

  override toWritable(socket: object): string {
    const stream = socket as Writable;
    const length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    stream.write(`*5\r\n$3\r\nSET\r\n${bulk(this.#key)}$${length}\r\n`);
    for (const piece of this.#pieces) if (piece.length > 0) stream.write(piece);
    return `\r\n${bulk("EX")}${bulk(String(KEPT_S))}`;
  }
}

/** A string as the protocol has it. */
const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** Resolves when Redis has the value: until then the pieces must stay as they are. */
async function setPieces(redis: RedisConnection, key: string, pieces: readonly Uint8Array[]): Promise<void> {
  await redis.sendCommand(new SetPieces(key, pieces));
}

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
      const out = key(prefix, batch, index, "out");
      await setPieces(redis, out, part);
      // A worker that was frozen may write when the batch has ended: the coordinator takes the job away before the part.
      const job = jobKey(prefix, "predict-chunk", chunkJobId(batch, index));
      if ((await redis.exists(job)) === 0) await redis.del(out);
    },
  };
}

/** The coordinator's side. A value is written before its job is added. */
export function createRedisBatch(redis: RedisConnection, prefix: string, batch: string): BatchBytes {
  return {
    async offer(index, _start, _end, bytes): Promise<PredictChunkJob["source"]> {
      await setPieces(redis, key(prefix, batch, index, "in"), [bytes]);
      return { kind: "redis", bytes: bytes.length };
    },
    readOffered: async (index) => (await redis.getBuffer(key(prefix, batch, index, "in"))) ?? undefined,
    take: async (index) => (await redis.getBuffer(key(prefix, batch, index, "out"))) ?? undefined,
    async release(index) {
      await redis.del(key(prefix, batch, index, "in"));
    },
    async drop(index) {
      await redis.del(key(prefix, batch, index, "in"), key(prefix, batch, index, "out"));
    },
  };
}
