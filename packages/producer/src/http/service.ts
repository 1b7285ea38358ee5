import type { Logger } from "@colaml/shared/logging/logger";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { HealthChecks } from "@colaml/shared/worker/health-checks";
import type { JobQueues } from "../submit/job-queues";
import type { Pace } from "./files/paced-body";

/** What the routes work with; made by whoever starts the server. */
export interface Service {
  config: ColaConfig;
  queues: JobQueues;
  health: HealthChecks;
  /** Every path that a request names must lie in here. */
  dataDir: string;
  log: ServiceLog;
  /** How slowly an upload may come; injected for tests. */
  uploadPace?: Pace;
  /** Milliseconds in which a request's body must be there; injected for tests. */
  bodyDeadlineMs?: number;
}

/** The part of the logger the server uses. */
export type ServiceLog = Pick<Logger, "info" | "warn" | "error">;
