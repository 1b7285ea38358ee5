import { closeSync, fstatSync, openSync, statSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { messageOf } from "../errors/cola-error";
import { rotateLog } from "./rotate-log";

/** Bytes that a process writes between two looks at the size of the file. */
const LOOK_BYTES = 65_536;

/**
 * A stream that appends each line with one system call before it returns: the lines before a crash or an exit are in
 * the file, and several processes may append to one file. One that has grown to `maxBytes` becomes `<path>.1` and a new
 * one begins, also if another process did that. A file that cannot be written is reported once and then left alone: a
 * full disk must not end a training.
 */
export function openLogFile(path: string, report: (message: string) => void, maxBytes?: number): Writable {
  const file = new AppendedFile(path, maxBytes);
  let broken = false;
  const unlessBroken = (work: () => void) => {
    if (broken) return;
    try {
      work();
    } catch (error) {
      broken = true;
      report(`no log file ${path}: ${messageOf(error)}`);
    }
  };
  unlessBroken(() => file.open());
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      unlessBroken(() => file.append(String(line)));
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

  constructor(path: string, maxBytes: number | undefined) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#lookBytes = Math.min(LOOK_BYTES, (maxBytes ?? Number.POSITIVE_INFINITY) / 8);
  }

  open(): void {
    rotateLog(this.#path, this.#maxBytes);
    this.#handle = openSync(this.#path, "a", 0o600);
  }

  append(line: string): void {
    if (this.#handle === undefined) return;
    this.#sinceLook += writeSync(this.#handle, line);
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
