import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BatchBytes, ChunkBytes } from "@colaml/predictor-worker/transport/chunk-transport";
import { createFileBatch, createFileChunks } from "@colaml/predictor-worker/transport/file-transport";
import { createRedisBatch, createRedisChunks } from "@colaml/predictor-worker/transport/redis-transport";
import { chunkJobId, type PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { closeRedis, connectRedis, type RedisConnection } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { Queue } from "bullmq";

const url = process.env["TEST_REDIS_URL"];
const folder = mkdtempSync(join(tmpdir(), "transport-"));
const input = join(folder, "input.csv");
const opened: RedisConnection[] = [];
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const redis of opened) closeRedis(redis);
});
/** A connection, and a prefix that nobody else has. */
function openRedis(name: string) {
  const prefix = `{${name}-${process.pid}-${Date.now()}}`;
  const redis = connectRedis({ ...resolveConfig({ env: { REDIS_URL: url! } }).redis, prefix });
  opened.push(redis);
  return { redis, prefix };
}

const BATCH = "b1";
const plan: PredictChunkJob["plan"] = {
  input: { format: "csv", newline: 10, fields: 2, text: { name: "text", place: 1 } },
  output: { format: "csv", compression: "none", passThrough: [], explain: 0, spreadsheetSafe: false },
  model: { name: "m", version: "1", runId: "r", source: "s", manifestSha256: "0" },
};
const jobOf = (index: number, source: PredictChunkJob["source"]): PredictChunkJob => ({
  v: 1,
  batch: BATCH,
  index,
  plan,
  source,
  firstLine: 2,
  firstRow: 0,
});

/** As a coordinator adds them. */
async function addJobs(connection: RedisConnection, prefix: string, indices: number[]): Promise<Queue> {
  const queue = new Queue("predict-chunk", { connection, prefix });
  for (const index of indices) await queue.add("chunk", {}, { jobId: chunkJobId(BATCH, index) });
  return queue;
}

interface Sides {
  coordinator: BatchBytes;
  worker: ChunkBytes;
}
/** Both ends of each way that chunks travel. */
const WAYS: [string, boolean, () => Promise<Sides>][] = [
  [
    "ranges of a shared file",
    true,
    async () => ({
      coordinator: await createFileBatch(join(folder, "shared"), { path: input, shared: true }),
      worker: createFileChunks(),
    }),
  ],
  [
    "files of their own",
    true,
    async () => ({
      coordinator: await createFileBatch(join(folder, "own"), { path: input, shared: false }),
      worker: createFileChunks(),
    }),
  ],
  [
    "values of Redis",
    url !== undefined,
    async () => {
      const { redis, prefix } = openRedis("transport");
      await addJobs(redis, prefix, [0, 7, 8]);
      return {
        coordinator: createRedisBatch(redis, prefix, BATCH),
        worker: createRedisChunks(redis, prefix),
      };
    },
  ],
];

describe.each(WAYS.filter(([, isThere]) => isThere))("chunks as %s", (way, _isThere, open) => {
  // Bytes that are no UTF-8 and look like Redis's own protocol.
  const bytes = Buffer.from("ab\xff\r\n$3\r\nSET\r\n\0é", "latin1");
  const shared = way === "ranges of a shared file";
  let sides: Sides;
  beforeAll(async () => {
    sides = await open();
  });
  beforeEach(() => writeFileSync(input, Buffer.concat([Buffer.from("xy"), bytes, Buffer.from("z")])));

  it("come to the worker byte for byte, and its part comes back, in pieces or empty", async () => {
    const { coordinator, worker } = sides;
    const job = jobOf(0, await coordinator.offer(0, 2, 2 + bytes.length, bytes));
    expect(Buffer.compare(await worker.read(job), bytes)).toBe(0);
    await worker.write(job, [bytes.subarray(0, 3), new Uint8Array(0), bytes.subarray(3)]);
    expect(Buffer.compare((await coordinator.take(0))!, bytes)).toBe(0);
    // A second worker on the same chunk does no harm.
    await worker.write(job, [bytes]);
    expect(Buffer.compare((await coordinator.take(0))!, bytes)).toBe(0);
    await worker.write(job, []);
    expect((await coordinator.take(0))!.length).toBe(0);
  });

  it("are not there before they are offered, and nothing of them is when they are dropped", async () => {
    const { coordinator, worker } = sides;
    expect([await coordinator.readOffered(7), await coordinator.take(7)]).toEqual([undefined, undefined]);
    const job = jobOf(7, await coordinator.offer(7, 2, 2 + bytes.length, bytes));
    await worker.write(job, [bytes]);
    const offered = await coordinator.readOffered(7);
    expect(offered === undefined ? "in the input" : Buffer.compare(offered, bytes)).toBe(
      shared ? "in the input" : 0,
    );
    await coordinator.release(7);
    expect(await coordinator.readOffered(7)).toBeUndefined();
    expect(await coordinator.take(7)).toBeDefined();
    await coordinator.drop(7);
    expect(await coordinator.take(7)).toBeUndefined();
    // Dropping what is gone is no fault: two attempts may do it.
    await coordinator.drop(7);
  });

  it("that are gone are refused, and never scored as if they were shorter", async () => {
    const { coordinator, worker } = sides;
    const job = jobOf(8, await coordinator.offer(8, 2, 2 + bytes.length, bytes));
    if (shared) {
      truncateSync(input, 5);
      await expect(worker.read(job)).rejects.toMatchObject({ code: "INPUT_CHANGED" });
      rmSync(input);
    } else await coordinator.release(8);
    await expect(worker.read(job)).rejects.toMatchObject({ code: "CHUNK_FAILED" });
  });
});

(url ? it : it.skip)("a value of Redis that is not as long as its job says is refused", async () => {
  const { redis, prefix } = openRedis("transport-short");
  const source = await createRedisBatch(redis, prefix, BATCH).offer(0, 0, 3, Buffer.from("abc"));
  expect(source).toEqual({ kind: "redis", bytes: 3 });
  const read = createRedisChunks(redis, prefix).read(jobOf(0, { kind: "redis", bytes: 4 }));
  await expect(read).rejects.toMatchObject({
    code: "CHUNK_FAILED",
    message: "the bytes of chunk 0 are not in Redis any more",
  });
});

it.each([
  ["values of Redis", url !== undefined],
  ["files", true],
])("a part that a worker writes when the batch has ended is not kept: %s", async (way, isThere) => {
  if (!isThere) return;
  const part = [Buffer.from("late")];
  if (way === "files") {
    const ended = join(folder, "ended");
    const coordinator = await createFileBatch(ended, { path: input, shared: true });
    const job = jobOf(3, await coordinator.offer(3, 2, 4, Buffer.from("ab")));
    rmSync(ended, { recursive: true });
    await expect(createFileChunks().write(job, part)).rejects.toMatchObject({ code: "OUTPUT_UNWRITABLE" });
    expect(existsSync(ended)).toBe(false);
    return;
  }
  const { redis, prefix } = openRedis("transport-late");
  const queue = await addJobs(redis, prefix, [3]);
  const coordinator = createRedisBatch(redis, prefix, BATCH);
  const job = jobOf(3, await coordinator.offer(3, 0, 2, Buffer.from("ab")));
  await createRedisChunks(redis, prefix).write(job, part);
  expect(await coordinator.take(3)).toEqual(Buffer.from("late"));
  await queue.remove(chunkJobId(BATCH, 3));
  await coordinator.drop(3);
  await createRedisChunks(redis, prefix).write(job, part);
  expect(await coordinator.take(3)).toBeUndefined();
});

it("a worker of files refuses a chunk that lies in Redis", async () => {
  const job = jobOf(0, { kind: "redis", bytes: 3 });
  await expect(createFileChunks().read(job)).rejects.toThrow("a redis chunk is not a file");
  await expect(createFileChunks().write(job, [])).rejects.toThrow("a redis chunk is not a file");
});

it("a folder for parts that cannot be made is refused with its path", async () => {
  const inTheWay = join(folder, "in-the-way");
  writeFileSync(inTheWay, "");
  const parts = join(inTheWay, "parts");
  await expect(createFileBatch(parts, { path: input, shared: true })).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: `cannot write ${parts}: its folder is a file (ENOTDIR)`,
  });
});
