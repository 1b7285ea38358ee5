import { createLogger as createWinston, format, transports, type Logger as Winston } from "winston";
import { RELEASE } from "../settings/installation";
import type { ColaConfig } from "../settings/schema";
import { openLogFile } from "./log-file";
import { safeField, safeLine } from "./redaction";

const MIB = 1024 * 1024;

export type LogFields = Readonly<Record<string, unknown>>;

/** What the code logs by: a fixed message, and facts as fields. Document texts belong in neither. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields, e.g. `{ jobId }`. */
  child(fields: LogFields): Logger;
  /** Closes the file; after that only the console gets lines. */
  close(): Promise<void>;
}

export interface LoggerOptions {
  /** Who speaks, e.g. `trainer-worker`. */
  service: string;
  logging: ColaConfig["logging"];
}

interface Line {
  level: string;
  message: string;
  timestamp: string;
  service: string;
  jobId?: string;
  fields: Record<string, unknown>;
}

/**
 * The logger of a process: the console on stderr from `logging.level` on, as text or JSON, and `logging.file` at DEBUG
 * with timestamp, level and message. Secrets are hidden and control characters escaped in all of them. What cannot be
 * written to either is lost and ends nothing.
 */
export function createLogger({ service, logging }: LoggerOptions): Logger {
  surviveFullConsole();
  const root = createWinston({
    level: "debug",
    transports: [
      new transports.Console({
        level: logging.level,
        stderrLevels: ["error", "warn", "info", "debug"],
        format: logging.format === "json" ? jsonFormat : textFormat,
        forceConsole: false,
      }),
    ],
  });
  if (logging.file !== "") {
    const report = (message: string) => root.warn(lineOf("warn", message, { service }));
    root.add(
      new transports.Stream({
        stream: openLogFile(logging.file, report, logging.maxMb * MIB),
        level: "debug",
        format: fileFormat,
      }),
    );
  }
  return bind(root, { service });
}

/** stderr may be a file on a disk that is full: the line is lost, and the process lives on. Later lines are written again. */
function surviveFullConsole(): void {
  if (process.stderr.listenerCount("error") === 0) process.stderr.on("error", () => undefined);
}

function bind(root: Winston, bound: LogFields): Logger {
  const at = (level: string) => (message: string, fields?: LogFields) => {
    root.log(lineOf(level, message, { ...bound, ...fields }));
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    child: (fields) => bind(root, { ...bound, ...fields }),
    close: () => closeFile(root),
  };
}

function lineOf(level: string, message: string, fields: LogFields): Line {
  const { service, jobId, ...rest } = fields;
  const safe = Object.entries(rest)
    .map(([name, value]): [string, unknown] => [name, safeField(name, value)])
    .filter(([, value]) => value !== undefined);
  return {
    level,
    message: safeLine(message),
    timestamp: new Date().toISOString(),
    service: String(service),
    ...(jobId === undefined ? {} : { jobId: safeLine(String(jobId)) }),
    fields: Object.fromEntries(safe),
  };
}

async function closeFile(root: Winston): Promise<void> {
  for (const transport of root.transports) {
    if (!(transport instanceof transports.Stream)) continue;
    root.remove(transport);
    const stream = (transport as unknown as { _stream: NodeJS.WritableStream })._stream;
    await new Promise<void>((resolve) => stream.end(() => resolve()));
  }
}

const lineFormat = (render: (line: Line) => string) =>
  format.printf((info) => render(info as unknown as Line));

/** `12:00:01 INFO trainer-worker [job 7] published version=3` */
const textFormat = lineFormat((line) => {
  const facts = Object.entries(line.fields).map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `${line.timestamp.slice(11, 19)} ${line.level.toUpperCase()} ${line.service}${jobOf(line)} ${line.message}${safeLine(facts.join(""))}`;
});

const jsonFormat = lineFormat(({ fields, ...line }) =>
  escapeJson({ ...line, release: RELEASE, ...fields, ...line }),
);

const fileFormat = lineFormat((line) => {
  const facts = Object.keys(line.fields).length > 0 ? ` ${escapeJson(line.fields)}` : "";
  return `${line.timestamp} - ${line.level.toUpperCase()} - ${line.service}${jobOf(line)} ${line.message}${facts}`;
});

const jobOf = (line: Line) => (line.jobId === undefined ? "" : ` [job ${line.jobId}]`);

function textOf(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** JSON escapes what ends a line; what else steers a terminal or a viewer is left to us. */
function escapeJson(value: unknown): string {
  return safeLine(JSON.stringify(value));
}
