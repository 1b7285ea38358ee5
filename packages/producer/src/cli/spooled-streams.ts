import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ColaConfig } from "@colaml/shared/config/schema";
import { ColaError } from "@colaml/shared/errors/cola-error";

/** What stands for stdin or stdout on the command line. */
export const STREAM = "-";

export interface SpooledStreams {
  input: string;
  output: string;
  /** Brings the finished output to stdout, where it was asked for. */
  deliver(): Promise<void>;
  /** Removes what was spooled. */
  close(): Promise<void>;
}

/**
 * Files in the place of `-`: a stream cannot be cut into ranges, nor taken up again after a kill, so stdin is
 * written to disk first, where the workers may read it, and the output is copied to stdout when it is complete.
 *
 * @throws ColaError USAGE where stdout would hold both rows and `--json`
 */
export async function spoolStreams(
  paths: { input: string; output: string },
  config: ColaConfig,
  options: { json: boolean; stdin?: Readable; stdout?: Writable },
): Promise<SpooledStreams> {
  const { stdin = process.stdin, stdout = process.stdout } = options;
  const toStdout = paths.output === STREAM;
  if (toStdout && options.json)
    throw new ColaError("USAGE", "give either --output - or --json: both write to stdout");
  if (!toStdout && paths.input !== STREAM) {
    return { ...paths, deliver: async () => undefined, close: async () => undefined };
  }
  const root = resolve(config.paths.dataDir === "" ? config.paths.stateDir : config.paths.dataDir);
  await mkdir(root, { recursive: true });
  const folder = await mkdtemp(join(root, "stream-"));
  const close = () => rm(folder, { recursive: true, force: true });
  const input = paths.input === STREAM ? join(folder, "stdin.csv") : paths.input;
  const output = toStdout ? join(folder, "stdout.csv") : paths.output;
  try {
    if (paths.input === STREAM) await pipeline(stdin, createWriteStream(input, { mode: 0o640 }));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    input,
    output,
    deliver: async () => {
      if (toStdout) await pipeline(createReadStream(output), stdout, { end: false });
    },
    close,
  };
}
