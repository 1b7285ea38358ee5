import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { FILE_MODE, makeFolder } from "@colaml/shared/files/durable-file";
import { outputError } from "@colaml/shared/files/file-errors";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { isReaderGone } from "./closed-streams";

/** What stands for stdin or stdout on the command line. */
export const STREAM = "-";

/** What a stream is, as a file's name would say: `csv`, `tsv` or `ndjson`, each also `.gz` or `.zst`. */
const STREAM_FORMAT = /^(csv|tsv|ndjson)(\.(gz|zst))?$/;

export interface SpooledStreams {
  input: string;
  output: string;
  /** Brings the finished output to stdout, if it was asked for; what nobody reads any more is dropped. */
  deliver(): Promise<void>;
  /** Removes what was spooled. */
  close(): Promise<void>;
}

/**
 * Files in the place of `-`: a stream cannot be cut into ranges, nor taken up again after a kill, so stdin is
 * written to disk first, in a place that workers may read, and the output is copied to stdout when it is complete.
 *
 * @throws ColaError USAGE if stdout would hold both rows and `--json`, or for an unknown format
 */
export async function spoolStreams(
  paths: { input: string; output: string; inputFormat?: string; outputFormat?: string },
  config: ColaConfig,
  options: { json: boolean; stdin?: Readable; stdout?: Writable },
): Promise<SpooledStreams> {
  const { stdin = process.stdin, stdout = process.stdout } = options;
  const toStdout = paths.output === STREAM;
  const inputFormat = streamFormat("--input-format", paths.input, paths.inputFormat);
  const outputFormat = streamFormat("--output-format", paths.output, paths.outputFormat);
  if (toStdout && options.json)
    throw new ColaError("USAGE", "give either --output - or --json: both write to stdout");
  if (!toStdout && paths.input !== STREAM) {
    const { input, output } = paths;
    return { input, output, deliver: async () => undefined, close: async () => undefined };
  }
  const root = resolve(config.paths.dataDir === "" ? config.paths.stateDir : config.paths.dataDir);
  await makeFolder(root);
  const folder = await mkdtemp(stateFolder(root).streams).catch((error: unknown) => {
    throw outputError(root, error);
  });
  const close = () => rm(folder, { recursive: true, force: true });
  const input = paths.input === STREAM ? join(folder, `stdin.${inputFormat}`) : paths.input;
  const output = toStdout ? join(folder, `stdout.${outputFormat}`) : paths.output;
  try {
    if (paths.input === STREAM)
      await pipeline(stdin, createWriteStream(input, { flags: "wx", mode: FILE_MODE }));
  } catch (error) {
    await close();
    throw outputError(input, error);
  }
  return {
    input,
    output,
    deliver: async () => {
      if (!toStdout) return;
      await pipeline(createReadStream(output), stdout, { end: false }).catch((error: unknown) => {
        if (!isReaderGone(error)) throw error;
      });
    },
    close,
  };
}

/** @throws ColaError USAGE */
function streamFormat(flag: string, path: string, format: string | undefined): string {
  if (format === undefined) return "csv";
  if (path !== STREAM) {
    throw new ColaError("USAGE", `${flag} is for -: the name of a file says its format, that of ${path} too`);
  }
  if (STREAM_FORMAT.test(format)) return format;
  throw new ColaError(
    "USAGE",
    `${flag} ${JSON.stringify(format.slice(0, 40))}: allowed are csv, tsv and ndjson, each also with .gz or .zst`,
  );
}
