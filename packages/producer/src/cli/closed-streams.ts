import type { Writable } from "node:stream";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { systemCode } from "@colaml/shared/files/file-errors";

/** Whether a write failed because its reader has gone, a pipe or a terminal that was closed: no failure of the command. */
export function isReaderGone(error: unknown): boolean {
  const code = systemCode(error);
  return code === "EPIPE" || (code === "EIO" && process.stdout.isTTY);
}

/**
 * Keeps a command from ending because nobody reads what it prints (`cola models | head -1`): what it does is done, the
 * rest of its words is dropped. Text that could not be written for another reason, such as a full disk, is one line on
 * stderr and the exit code of OUTPUT_UNWRITABLE.
 */
export function surviveClosedStreams({ stdout, stderr }: { stdout: Writable; stderr: Writable }): void {
  // What cannot be written to stderr can be reported nowhere.
  stderr.on("error", () => undefined);
  let reported = false;
  stdout.on("error", (error: Error) => {
    if (isReaderGone(error) || reported) return;
    reported = true;
    const failure = new ColaError("OUTPUT_UNWRITABLE", `cannot write to stdout: ${error.message}`);
    stderr.write(`cola: ${failure.message}\n`);
    // At the end: the command sets a code of its own until then.
    process.once("exit", () => {
      process.exitCode ||= ERROR_TABLE[failure.code].exit;
    });
  });
}
