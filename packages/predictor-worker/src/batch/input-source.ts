import { type FileHandle, open } from "node:fs/promises";
import { type Compression, compressionOf, readBytes } from "@colaml/shared/data/compression";
import { inputError } from "@colaml/shared/data/input-file";
import type { ByteSource } from "../records/chunk-borders";

/** The (inflated) bytes of an input, read forwards; at most a few megabytes of them are held. */
export interface InputSource extends ByteSource {
  /** Whether workers can read ranges of the file themselves. */
  readonly ranges: boolean;
  close(): Promise<void>;
}

/** @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function openInput(path: string): Promise<InputSource> {
  const compression: Compression = compressionOf(path);
  if (compression !== "none") return new InflatedSource(path);
  return new FileSource(
    await open(path, "r").catch((error: unknown) => {
      throw inputError(path, error);
    }),
  );
}

class FileSource implements InputSource {
  readonly ranges = true;
  readonly #file: FileHandle;
  #buffer = Buffer.alloc(0);
  /** Offset of the buffer's first byte, and how many bytes of it were read. */
  #base = 0;
  #filled = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** A range is looked through for its end first and asked for whole then: the second time it is there. */
  async read(offset: number, length: number): Promise<Buffer> {
    const from = offset - this.#base;
    if (from >= 0 && from + length <= this.#filled) return this.#buffer.subarray(from, from + length);
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafe(length);
    this.#base = offset;
    this.#filled = 0;
    while (this.#filled < length) {
      const { bytesRead } = await this.#file.read(
        this.#buffer,
        this.#filled,
        length - this.#filled,
        offset + this.#filled,
      );
      if (bytesRead === 0) break;
      this.#filled += bytesRead;
    }
    return this.#buffer.subarray(0, this.#filled);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Offsets only grow, but for the one byte of context that a search may ask for. */
class InflatedSource implements InputSource {
  readonly ranges = false;
  readonly #pieces: AsyncGenerator<Buffer, void, undefined>;
  #window = Buffer.alloc(0);
  /** Offset of the window's first byte. */
  #base = 0;
  #ended = false;

  constructor(path: string) {
    this.#pieces = readBytes(path);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const held: Buffer[] = [
      this.#window.subarray(Math.max(0, Math.min(offset - this.#base, this.#window.length))),
    ];
    let size = held[0]!.length;
    // what lies before the window's new start is passed over
    let skip = Math.max(0, offset - this.#base - this.#window.length);
    while (size < length && !this.#ended) {
      const { value, done } = await this.#pieces.next();
      if (done === true) this.#ended = true;
      else {
        const piece = value.subarray(Math.min(skip, value.length));
        skip -= value.length - piece.length;
        held.push(piece);
        size += piece.length;
      }
    }
    this.#window = Buffer.concat(held);
    this.#base = offset;
    return this.#window.subarray(0, length);
  }

  async close(): Promise<void> {
    await this.#pieces.return();
  }
}
