import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PredictChunkJob } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { makeFolder, writeDurably } from "@colaml/shared/files/durable-file";
import type { BatchBytes, ChunkBytes } from "./chunk-transport";

const partPath = (folder: string, index: number) => join(folder, `${index}.part`);
const inputPath = (folder: string, index: number) => join(folder, `${index}.input`);

/** Chunks as byte ranges of a file that every worker can read, parts as files beside the output. */
export function createFileChunks(): ChunkBytes {
  let buffer = Buffer.alloc(0);
  return {
    async read({ source }) {
      if (source.kind !== "file") throw new TypeError(`a ${source.kind} chunk is not a file`);
      const length = source.end - source.start;
      if (buffer.length < length) buffer = Buffer.allocUnsafe(length);
      const file = await open(source.path, "r").catch((cause: unknown) => {
        throw new ColaError("CHUNK_FAILED", `cannot read ${source.path}`, { cause });
      });
      try {
        let read = 0;
        while (read < length) {
          const { bytesRead } = await file.read(buffer, read, length - read, source.start + read);
          if (bytesRead === 0) throw new ColaError("INPUT_CHANGED", `${source.path} became shorter`);
          read += bytesRead;
        }
      } finally {
        await file.close();
      }
      return buffer.subarray(0, length);
    },
    async write({ source, index }, part) {
      if (source.kind !== "file") throw new TypeError(`a ${source.kind} chunk is not a file`);
      await writeDurably(partPath(source.folder, index), part);
    },
  };
}

/**
 * The coordinator's side. `shared`: the input itself is what workers read; if not (it is compressed), each range is
 * laid down as a file of its own.
 */
export async function createFileBatch(
  folder: string,
  input: { path: string; shared: boolean },
): Promise<BatchBytes> {
  await makeFolder(folder);
  const release = async (index: number) => {
    if (!input.shared) await rm(inputPath(folder, index), { force: true });
  };
  return {
    async offer(index, start, end, bytes): Promise<PredictChunkJob["source"]> {
      if (input.shared) return { kind: "file", path: input.path, start, end, folder };
      const path = inputPath(folder, index);
      await writeDurably(path, [bytes]);
      return { kind: "file", path, start: 0, end: bytes.length, folder };
    },
    readOffered: (index) => readIfThere(inputPath(folder, index)),
    take: (index) => readIfThere(partPath(folder, index)),
    release,
    async drop(index) {
      await rm(partPath(folder, index), { force: true });
      await release(index);
    },
  };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
