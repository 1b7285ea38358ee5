import { type FileHandle, open, stat } from "node:fs/promises";
import { inputError } from "../files/file-errors";
import { compressionOf, readBytes } from "./compression";
import { toUtf8 } from "./encoding";
import type { ByteSource } from "./ranges";
import type { TableOptions } from "./table-options";

/** The bytes of an input, inflated and in UTF-8, read forwards; at most a few megabytes of them are held. */
export interface InputSource extends ByteSource {
  /** Whether workers can read ranges of the file themselves. */
  readonly ranges: boolean;
  close(): Promise<void>;
}

/** @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE */
export async function openInput({
  path,
  encoding,
}: Pick<TableOptions, "path" | "encoding">): Promise<InputSource> {
  const isUtf8 = encoding === "utf-8";
  if (!isUtf8) return new StreamSource(toUtf8(readBytes(path), encoding, path));
  if (compressionOf(path) !== "none") return new StreamSource(readBytes(path));
  try {
    const { size } = await stat(path);
    return new FileSource(await open(path, "r"), size);
  } catch (error) {
    throw inputError(path, error);
  }
}

class FileSource implements InputSource {
  readonly ranges = true;
  readonly #file: FileHandle;
  readonly #bytes: number;
  #buffer = Buffer.alloc(0);
  /** Offset of the buffer's first byte, and how many bytes of it were read. */
  #base = 0;
  #filled = 0;

  /** @param bytes size of the file as it is opened: what is added later is not read */
  constructor(file: FileHandle, bytes: number) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /** A range is looked through for its end first and asked for whole then: the second time it is there. */
  async read(offset: number, wanted: number): Promise<Buffer> {
    // A buffer of the length that is asked for would be a megabyte of garbage for each small file.
    const length = Math.max(0, Math.min(wanted, this.#bytes - offset));
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
class StreamSource implements InputSource {
  readonly ranges = false;
  readonly #pieces: AsyncGenerator<Buffer, void, undefined>;
  #window = Buffer.alloc(0);
  /** Offset of the window's first byte. */
  #base = 0;
  #ended = false;

  constructor(pieces: AsyncGenerator<Buffer, void, undefined>) {
    this.#pieces = pieces;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const from = offset - this.#base;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    const held: Buffer[] = [this.#window.subarray(Math.max(0, Math.min(from, this.#window.length)))];
    let size = held[0]!.length;
    // what lies before the window's new start is passed over
    let skip = Math.max(0, from - this.#window.length);
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
