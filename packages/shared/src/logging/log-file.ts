import { closeSync, openSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { messageOf } from "../errors/cola-error";
import { rotateLog } from "./rotate-log";

/**
 * A stream that appends each line with one system call before it returns: the lines before a crash or an exit are in
 * the file, and several processes may append to one file. A file that cannot be written is reported once and then
 * left alone: a full disk must not end a training.
 */
export function openLogFile(path: string, report: (message: string) => void): Writable {
  let handle: number | undefined;
  let broken = false;
  const giveUp = (error: unknown) => {
    if (!broken) report(`no log file ${path}: ${messageOf(error)}`);
    broken = true;
  };
  try {
    rotateLog(path);
    handle = openSync(path, "a", 0o600);
  } catch (error) {
    giveUp(error);
  }
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      try {
        if (handle !== undefined && !broken) writeSync(handle, String(line));
      } catch (error) {
        giveUp(error);
      }
      done();
    },
    final(done) {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
      done();
    },
  });
}
