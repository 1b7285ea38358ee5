import { closeSync, fstatSync, openSync, statSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { messageOf } from "../errors/cola-error";
import { rotateLog } from "./rotate-log";

/** Bytes that a process writes between two looks at the size of the file. */
const LOOK_BYTES = 65_536;
/** A file that could not be written is tried again after this long. */
const RETRY_MS = 30_000;

/**
 * A stream that appends each line with one system call before it returns: the lines before a crash or an exit are in
 * the file, and several processes may append to one file. One that has grown to `maxBytes` becomes `<path>.1` and a new
 * one begins, also if another process did that. A file that cannot be written is reported and left alone for half a
 * minute: a full disk must not end a training. When there is room again, its first line says how many are missing.
 *
 * @param now milliseconds of a clock that never jumps
 */
export function openLogFile(
  path: string,
  report: (message: string) => void,
  maxBytes?: number,
  now: () => number = () => performance.now(),
): Writable {
  const file = new AppendedFile(path, maxBytes);
  let brokenAt: number | undefined;
  let lost = 0;
  const write = (line: string) => {
    if (brokenAt !== undefined && now() - brokenAt < RETRY_MS) return void lost++;
    try {
      file.open();
      if (lost > 0)
        file.append(`${new Date().toISOString()} - WARN - ${lost} lines could not be written here\n`);
      lost = 0;
      file.append(line);
      brokenAt = undefined;
    } catch (error) {
      file.close();
      if (line !== "") lost++;
      if (brokenAt === undefined) report(`no log file ${path}: ${messageOf(error)}`);
      brokenAt = now();
    }
  };
  write("");
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      write(String(line));
      done();
    },
    final(done) {
      file.close();
      done();
    },
  });
}

class AppendedFile {
  readonly #path: string;
  readonly #maxBytes: number | undefined;
  readonly #lookBytes: number;
  #handle: number | undefined;
  #sinceLook = 0;
  /** A full disk took only the beginning of the last line. */
  #isTorn = false;

  constructor(path: string, maxBytes: number | undefined) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#lookBytes = Math.min(LOOK_BYTES, (maxBytes ?? Number.POSITIVE_INFINITY) / 8);
  }

  /** Does nothing if it is open. */
  open(): void {
    if (this.#handle !== undefined) return;
    rotateLog(this.#path, this.#maxBytes);
    this.#handle = openSync(this.#path, "a", 0o600);
  }

  append(line: string): void {
    if (this.#handle === undefined) return;
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    const written = writeSync(this.#handle, bytes);
    this.#sinceLook += written;
    if (written > 0) this.#isTorn = written < bytes.length;
    if (written < bytes.length)
      throw new Error(`the disk took only ${written} of a line's ${bytes.length} bytes`);
    if (this.#sinceLook < this.#lookBytes) return;
    this.#sinceLook = 0;
    rotateLog(this.#path, this.#maxBytes);
    if (this.#isStillAt(this.#handle)) return;
    this.close();
    this.open();
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  /** Whether the path still leads to the open file. */
  #isStillAt(handle: number): boolean {
    const [open, there] = [fstatSync(handle), statSync(this.#path, { throwIfNoEntry: false })];
    return there !== undefined && there.ino === open.ino && there.dev === open.dev;
  }
}
