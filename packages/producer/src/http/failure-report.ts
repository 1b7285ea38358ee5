import type { ColaError } from "@colaml/shared/errors/cola-error";
import { meaningOf } from "@colaml/shared/errors/error-table";
import { createLimitedLog } from "@colaml/shared/logging/limited-log";
import type { ServiceLog } from "./service";

/** Notes that a request was answered with a status of 500 or above, and why. */
export type FailureReport = (error: ColaError, route: string | undefined) => void;

/**
 * What the services behind the server cause, or too many requests at a time, comes by the thousand: of those a line in
 * half a minute is written. A fault of the project is written each time.
 */
export function createFailureReport(log: ServiceLog): FailureReport {
  const limited = createLimitedLog(log);
  return (error, route) => {
    const message = `request failed: ${error.message}`;
    if (meaningOf(error.code).mender === "service") limited.warn(`${message} (${error.code}, ${route})`);
    else log.error(message, { route, code: error.code });
  };
}
