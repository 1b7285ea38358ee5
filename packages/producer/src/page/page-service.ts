import type { TextPrediction } from "@colaml/shared/contracts/predict";
import type { Logger } from "@colaml/shared/logging/logger";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { FastifyRequest } from "fastify";
import type { JobQueues } from "../submit/job-queues";

/** Roles of the API, from the least to the most. */
export type PageRole = "read" | "submit" | "admin";

/** How the server lets people in; without tokens everybody on this machine is an administrator. */
export interface PageAccess {
  /** Whether tokens are configured: only then is there a login. */
  required: boolean;
  /**
   * What whoever sent the request may do.
   * @throws ColaError UNAUTHORIZED, FORBIDDEN
   */
  roleOf(request: FastifyRequest): PageRole;
  /** Whether a role may do what needs another one. */
  may(role: PageRole, needed: PageRole): boolean;
  /**
   * Whether a form comes from a page of this server; what only reads always passes.
   * @throws ColaError FORBIDDEN
   */
  checkForm(request: FastifyRequest): void;
  /**
   * Begins a session. @returns the `Set-Cookie` header; nothing if the token is not one of this server
   * @throws ColaError RATE_LIMITED after too many wrong tokens
   */
  logIn(request: FastifyRequest, token: string): string | undefined;
  /** Ends the request's session. @returns the `Set-Cookie` header that removes it */
  logOut(request: FastifyRequest): string;
}

/** What a model makes of a text, with the words that counted. */
export interface ScoredText {
  prediction: TextPrediction;
  model: string;
  version: string;
}

/** What the pages work with. */
export interface PageService {
  config: ColaConfig;
  queues: JobQueues;
  /** Absent: no tracking URI is set. */
  mlflow?: MlflowClient;
  /** Which servers can be used, by their name in the configuration; answers within a second. */
  health(): Promise<Record<string, { ok: boolean; reason?: string }>>;
  /** Every file that a page serves lies in here or in the reports of the state folder. */
  dataDir: string;
  access: PageAccess;
  /**
   * Asks the configured model.
   * @throws ColaError MODEL_NOT_FOUND; JOB_FAILED without an answer in time
   */
  score(text: string): Promise<ScoredText>;
  log: Pick<Logger, "info" | "warn" | "error">;
}
