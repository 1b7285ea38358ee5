import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import type { ChunkPlan } from "@colaml/shared/contracts/predict-chunk";
import { ColaError } from "@colaml/shared/errors/cola-error";

type Compression = ChunkPlan["output"]["compression"];
type Convert = (bytes: Uint8Array) => Promise<Buffer>;
/** What newer releases of Node have beside gzip. */
type Zstd = {
  zstdCompress?: Parameters<typeof promisify>[0];
  zstdDecompress?: Parameters<typeof promisify>[0];
  zstdDecompressSync?: (
    bytes: Buffer,
    options: { info: true },
  ) => { buffer: Buffer; engine: { bytesWritten: number } };
};

const zstd: Zstd = zlib as Zstd;
const gzip = promisify(zlib.gzip);
const gunzip = promisify(zlib.gunzip);
const READ_BYTES = 1 << 20;

/**
 * Compresses the output's bytes of a part so that parts one behind the other are one valid file.
 * @throws ColaError OUTPUT_UNWRITABLE if this Node has no zstd
 */
export async function compressPart(bytes: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === "none" || bytes.length === 0) return bytes;
  if (compression === "gzip") return gzip(bytes, { level: 6 });
  if (zstd.zstdCompress === undefined)
    throw new ColaError("OUTPUT_UNWRITABLE", "this Node writes no zstd: use .gz");
  return (promisify(zstd.zstdCompress) as Convert)(bytes);
}

/** What `compressPart` compressed. */
export async function inflatePart(bytes: Buffer, compression: Compression): Promise<Buffer> {
  if (compression === "none" || bytes.length === 0) return bytes;
  if (compression === "gzip") return gunzip(bytes);
  return (promisify(zstd.zstdDecompress!) as Convert)(bytes);
}

/** Reads the first `size` bytes of a file of such parts; gives them inflated, in pieces of any size. */
export async function readParts(
  path: string,
  size: number,
  compression: Compression,
  onPiece: (piece: Buffer) => void,
): Promise<void> {
  if (size === 0) return;
  const file = createReadStream(path, { end: size - 1, highWaterMark: READ_BYTES });
  const take = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) onPiece(piece);
  };
  if (compression === "none") return pipeline(file, take);
  if (compression === "gzip") return pipeline(file, zlib.createGunzip(), take);
  return pipeline(file, (pieces: AsyncIterable<Buffer>) => readFrames(pieces, onPiece));
}

/**
 * Node's zstd stops behind the first frame, and an output has one for each part. Nor does it say where bytes end
 * within a frame: a frame is known to be whole by what follows it, the last one by the end.
 */
async function readFrames(pieces: AsyncIterable<Buffer>, onPiece: (piece: Buffer) => void): Promise<void> {
  const inflate = (bytes: Buffer) => zstd.zstdDecompressSync!(bytes, { info: true });
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    held = Buffer.concat([held, piece]);
    for (;;) {
      const { buffer, engine } = inflate(held);
      if (engine.bytesWritten === held.length) break;
      onPiece(buffer);
      held = held.subarray(engine.bytesWritten);
    }
  }
  if (held.length > 0) onPiece(inflate(held).buffer);
}
