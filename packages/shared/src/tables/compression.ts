import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { ColaError, messageOf } from "../errors/cola-error";
import { inputError } from "../files/file-errors";

export type Compression = "none" | "gzip" | "zstd";

/** Bytes a read of the disk asks for. */
const READ_BYTES = 1 << 20;
/** Text deflates to a tenth, seldom to a fiftieth: a file beyond this ratio is a bomb ... */
const MAX_INFLATION = 200;
/** ... once it is past this many bytes. */
const INFLATION_FREE_BYTES = 64 << 20;

/** By the file's name: `.gz` and `.zst`, in any case. */
export function compressionOf(path: string): Compression {
  const name = path.toLowerCase();
  if (name.endsWith(".gz")) return "gzip";
  return name.endsWith(".zst") ? "zstd" : "none";
}

/** The name without `.gz` or `.zst`. */
export function withoutCompression(path: string): string {
  return path.replace(/\.(gz|zst)$/i, "");
}

type MaybeZstd = { createZstdDecompress?: () => Transform; createZstdCompress?: () => Transform };

function zstd(make: (() => Transform) | undefined, path: string): Transform {
  if (make) return make();
  throw new ColaError(
    "INPUT_UNREADABLE",
    `${path} is zstd, which Node reads from 22.15 on (this is ${process.version}): use .gz or plain`,
  );
}

/** A stream that deflates for `path`, undefined for a plain one. */
export function compressorFor(path: string): Transform | undefined {
  const compression = compressionOf(path);
  if (compression === "none") return undefined;
  return compression === "gzip" ? zlib.createGzip() : zstd((zlib as MaybeZstd).createZstdCompress, path);
}

function inflater(path: string, compression: Exclude<Compression, "none">): Transform {
  return compression === "gzip" ? zlib.createGunzip() : zstd((zlib as MaybeZstd).createZstdDecompress, path);
}

function checkInflation(path: string, inflated: number, read: number): void {
  if (inflated < INFLATION_FREE_BYTES || inflated <= read * MAX_INFLATION) return;
  throw new ColaError(
    "INPUT_TOO_LARGE",
    `${path} inflates ${Math.round(inflated / read)} times over: at most ${MAX_INFLATION} is allowed`,
  );
}

async function* inflate(
  path: string,
  compression: Exclude<Compression, "none">,
): AsyncGenerator<Buffer, void, undefined> {
  const stream = inflater(path, compression) as Transform & { bytesWritten: number };
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  file.on("error", (error) => stream.destroy(inputError(path, error)));
  file.pipe(stream);
  let inflated = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      inflated += chunk.length;
      checkInflation(path, inflated, Math.max(1, file.bytesRead));
      yield chunk;
    }
    if (stream.bytesWritten < file.bytesRead) {
      throw new ColaError(
        "INPUT_UNREADABLE",
        `${path} holds bytes that are not ${compression} from byte ${stream.bytesWritten} on`,
      );
    }
  } catch (cause) {
    if (cause instanceof ColaError) throw cause;
    throw new ColaError(
      "INPUT_UNREADABLE",
      `${path} is not whole ${compression}: ${messageOf(cause)} near byte ${stream.bytesWritten}`,
      { cause },
    );
  } finally {
    file.destroy();
    stream.destroy();
  }
}

async function* readPlain(path: string): AsyncGenerator<Buffer, void, undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    // One buffer for all reads: new ones cost as much in page faults as the reading itself.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw inputError(path, error);
  } finally {
    await handle?.close();
  }
}

/**
 * The inflated bytes of a file in pieces, in constant memory. A piece of a plain file is valid until the next one
 * is asked for.
 * Stopping early closes the file.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE (names the byte), INPUT_TOO_LARGE (a bomb)
 */
export function readBytes(path: string): AsyncGenerator<Buffer, void, undefined> {
  const compression = compressionOf(path);
  return compression === "none" ? readPlain(path) : inflate(path, compression);
}
