import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchChunks } from "@colaml/predictor-worker/predict/window/batch-chunks";
import type { ChunkQueue } from "@colaml/predictor-worker/predict/window/chunk-queue";
import { ChunkWindow } from "@colaml/predictor-worker/predict/window/chunk-window";
import type { BatchBytes } from "@colaml/predictor-worker/transport/chunk-transport";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { type InputSource, openInput } from "@colaml/shared/tables/source";

let folder: string;
let source: InputSource;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "window-"));
  const path = join(folder, "in.csv");
  await writeFile(path, Array.from({ length: 400 }, (_, i) => `${i},some words\n`).join(""));
  source = await openInput({ path: path, encoding: "utf-8" });
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

/** A window on a queue that can be held up, as a slow Redis is; `onOffer` runs before a chunk is added. */
function windowOn(
  onOffer: (index: number) => void,
  readOutcome: ChunkQueue["readOutcome"] = async () => ({ state: "running" }),
) {
  const abort = new AbortController();
  const queued = new Set<number>();
  const added: number[] = [];
  const warned: string[] = [];
  const offered = new Set<number>();
  let release = () => {};
  const gate = new Promise<void>((open) => {
    release = open;
  });
  let hold = -1;
  const bytes: BatchBytes = {
    async offer(index) {
      offered.add(index);
      onOffer(index);
      return { kind: "redis", bytes: 1 };
    },
    readOffered: async () => undefined,
    take: async () => undefined,
    release: async () => {},
    drop: async (index) => void offered.delete(index),
  };
  const queue: ChunkQueue = {
    async add({ index }) {
      if (index === hold) await gate;
      queued.add(index);
      added.push(index);
    },
    readOutcome,
    remove: async (index) => void queued.delete(index),
    sweep: async () => undefined,
    addDeadLetter: async () => undefined,
  };
  const field = { name: "text", place: 1 };
  const plan = {
    input: { format: "csv", newline: 10, fields: 2, text: field, id: { name: "id", place: 0 } },
    output: { format: "csv", compression: "none", passThrough: [], explain: 0, spreadsheetSafe: false },
    model: { name: "m", version: "1", runId: "r", source: "s", manifestSha256: "0" },
  };
  const batch = {
    record: { id: "b1", plan, chunkBytes: 1024 },
    source,
    context: {
      signal: abort.signal,
      stopping: new AbortController().signal,
      logger: { warn: (line: string) => void warned.push(line) },
    },
    options: { settings: { window: 3 }, metrics: { chunksRedone: () => undefined } },
  } as unknown as ConstructorParameters<typeof ChunkWindow>[0];
  const chunks = new BatchChunks(batch, queue, bytes);
  const window = new ChunkWindow(batch, chunks, { nextChunk: 0, inputOffset: 0, line: 1, row: 0 });
  return {
    window,
    chunks,
    abort,
    queued,
    offered,
    added,
    warned,
    release,
    holdUp: (index: number) => (hold = index),
  };
}

it("holds no more chunks than the window, however many the file has", async () => {
  const { window, queued } = windowOn(() => undefined);
  await window.fill();
  expect(queued).toEqual(new Set([0, 1, 2]));
  await window.fill();
  expect(queued.size).toBe(3);
});

it("offers a chunk again that a predictor of an older release does not know, as another may take it", async () => {
  let looks = 0;
  const refused = { state: "failed", reason: "JOB_INVALID: made by a newer release" } as const;
  const { window, abort, added, warned } = windowOn(
    () => undefined,
    async (index) => {
      if (index !== 0) return { state: "running" };
      looks++;
      if (looks === 7) abort.abort(new ColaError("JOB_CANCELLED", "enough"));
      // One look finds it refused, the next finds it there again.
      return looks > 4 || looks % 2 === 0 ? { state: "running" } : refused;
    },
  );
  await expect(window.next()).rejects.toThrow("enough");
  expect(added).toEqual([0, 1, 2, 0, 0]);
  expect(warned[0]).toMatch(/^chunk 0 was refused by a predictor of another release.*newer release/);
  expect(warned.filter((line) => line.includes("refused"))).toHaveLength(1);
});

it("makes a chunk again that a coordinator cancelled which was killed while the batch ended early", async () => {
  const { window, abort, added, queued } = windowOn(
    () => undefined,
    async (index) => {
      if (index !== 0) return { state: "running" };
      if (!queued.has(0)) return { state: "missing" };
      if (added.length === 3) return { state: "failed", reason: "JOB_CANCELLED: job b1-0 was cancelled" };
      abort.abort(new ColaError("JOB_CANCELLED", "enough"));
      return { state: "running" };
    },
  );
  await expect(window.next()).rejects.toThrow("enough");
  expect(added).toEqual([0, 1, 2, 0]);
});

const cancelled = new ColaError("JOB_CANCELLED", "cancelled");

describe("a batch that is cancelled", () => {
  it("takes back the chunk that was on its way onto the queue", async () => {
    const { window, chunks, abort, queued, offered, release, holdUp } = windowOn(() => undefined);
    holdUp(1);
    const filled = window.fill();
    while (!queued.has(0) || !offered.has(1)) await new Promise(setImmediate);
    abort.abort(cancelled);
    await expect(filled).rejects.toBe(cancelled);
    const withdrawn = chunks.withdraw(0, 3);
    release();
    await withdrawn;
    expect([...queued, ...offered]).toEqual([]);
  });

  it("adds no chunk whose bytes were being offered", async () => {
    const { window, chunks, abort, queued, offered } = windowOn((index) => {
      if (index === 1) abort.abort(cancelled);
    });
    await expect(window.fill()).rejects.toBe(cancelled);
    await chunks.withdraw(0, 3);
    await new Promise(setImmediate);
    expect([...queued, ...offered]).toEqual([]);
  });
});
