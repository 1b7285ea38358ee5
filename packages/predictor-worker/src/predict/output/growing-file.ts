import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { hashFile } from "@colaml/shared/files/digest";
import { FILE_MODE, OPEN_GROWING, OPEN_STANDING } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";

/**
 * A file that grows at a known offset: what is written twice, after a kill, is the same bytes at the same place. It
 * is never cut before the end, so that a second writer cannot take anything from the first.
 */
export class GrowingFile {
  readonly path: string;
  /** Bytes that belong to the file so far. */
  size = 0;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Opens the file with its first `size` bytes standing. */
  static async open(path: string, size: number): Promise<GrowingFile> {
    try {
      // never cut: that would take from another writer what it has written
      const file = await open(path, size > 0 ? OPEN_STANDING : OPEN_GROWING, FILE_MODE);
      const growing = new GrowingFile(path, file);
      await hashFile(path, growing.#hash, size);
      growing.size = size;
      return growing;
    } catch (error) {
      throw outputError(path, error);
    }
  }

  /** @throws ColaError OUTPUT_UNWRITABLE */
  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      let written = 0;
      while (written < bytes.length) {
        const left = bytes.length - written;
        written += (await this.#file.write(bytes, written, left, this.size + written)).bytesWritten;
      }
    } catch (error) {
      throw outputError(this.path, error);
    }
    this.#hash.update(bytes);
    this.size += bytes.length;
  }

  async sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (error) {
      throw outputError(this.path, error);
    }
  }

  /** Cuts what lies behind the last byte, makes it last, and gives the sha256 of all of it. */
  async finish(): Promise<string> {
    await this.#file.truncate(this.size);
    await this.#file.sync();
    return this.#hash.copy().digest("hex");
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
