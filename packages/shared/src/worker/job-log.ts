import { hostname } from "node:os";
import type { Job } from "bullmq";
import { messageOf } from "../errors/cola-error";
import type { LogFields, Logger } from "../logging/logger";
import { safeLine } from "../logging/redaction";
import { RELEASE } from "../settings/installation";

/** Lines of a job that are kept, the last ones. */
const KEPT_LINES = 200;
const MAX_LINE = 500;

/** The part of a job that its log needs. */
export type LoggedJob = Pick<Job, "log" | "opts">;

/** The main steps of a job, kept in Redis beside it: `cola jobs logs ID` and the dashboard show them. */
export interface JobLog {
  /** A logger that keeps what it says above debug in the job's log, too. */
  logger: Logger;
  /** Notes that an attempt begins, and who runs it. */
  started(attempt: number, attempts: number): void;
  /** Notes what the job is at, if it is at something else than before. */
  stage(name: string): void;
  /** Notes that the attempt is done. */
  done(seconds: number): void;
}

/**
 * Opens the log of a job. A line that cannot be written is left out: nothing waits for it, and nothing fails by it.
 *
 * @param isQuiet only warnings and errors: for the many short jobs that a batch is made of
 * @param clock milliseconds since 1970
 */
export function openJobLog(
  job: LoggedJob,
  logger: Logger,
  isQuiet: boolean,
  clock: () => number = Date.now,
): JobLog {
  job.opts.keepLogs = KEPT_LINES;
  const add = (level: string, message: string) => {
    if (isQuiet && level === "info") return;
    const line = `${new Date(clock()).toISOString()} ${level} ${safeLine(message)}`.slice(0, MAX_LINE);
    void Promise.resolve(job.log(line)).catch((error: unknown) => {
      logger.debug(`a line of the job's log was not kept: ${messageOf(error)}`);
    });
  };
  let current: string | undefined;
  return {
    logger: keeping(logger, add),
    started: (attempt, attempts) =>
      add(
        "info",
        `attempt ${attempt} of ${attempts} on ${hostname()}, process ${process.pid}, release ${RELEASE}`,
      ),
    stage(name) {
      if (name === current) return;
      current = name;
      add("info", `stage ${name}`);
    },
    done: (seconds) => add("info", `done after ${seconds.toFixed(1)} s`),
  };
}

function keeping(logger: Logger, add: (level: string, message: string) => void): Logger {
  const both = (level: "error" | "warn" | "info") => (message: string, fields?: LogFields) => {
    logger[level](message, fields);
    add(level, message);
  };
  return {
    error: both("error"),
    warn: both("warn"),
    info: both("info"),
    debug: (message, fields) => logger.debug(message, fields),
    child: (fields) => keeping(logger.child(fields), add),
    close: () => logger.close(),
  };
}
