import type { ServiceLog } from "../http/service";
import { printable, type Terminal } from "./terminal";

/** The log of an API that a command started: lines on its terminal. */
export function apiLog(terminal: Terminal): ServiceLog {
  const line = (message: string, fields: Record<string, unknown> = {}) =>
    printable(
      [message, ...Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)].join(" "),
    );
  return {
    info: (message: string, fields?: Record<string, unknown>) => terminal.say(line(message, fields)),
    warn: (message: string, fields?: Record<string, unknown>) => terminal.warn(line(message, fields)),
    error: (message: string, fields?: Record<string, unknown>) => terminal.warn(line(message, fields)),
  };
}
