import { redactUrl } from "@colaml/shared/config/resolve-config";
import type { ColaConfig } from "@colaml/shared/config/schema";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";

/** A person at a terminal is told within this time that a server does not answer. */
const CHECK_TIMEOUT_MS = 5_000;

/**
 * Asks MLflow whether it is there before any work is put on a queue.
 * @throws ColaError MLFLOW_UNREACHABLE with the address and what to do
 */
export async function checkMlflow(config: ColaConfig): Promise<void> {
  const base = config.mlflow.trackingUri.replace(/\/+$/, "");
  const refuse = (why: string, cause?: unknown) =>
    new ColaError(
      "MLFLOW_UNREACHABLE",
      `MLflow does not answer at ${redactUrl(base)} (${why}): check that it runs and that MLFLOW_TRACKING_URI is right`,
      { cause },
    );
  let response: Response;
  try {
    response = await fetch(`${base}/health`, {
      signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
      redirect: "error",
    });
  } catch (error) {
    throw refuse(reasonOf(error), error);
  }
  if (response.status >= 500) throw refuse(`status ${response.status}`);
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${CHECK_TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error && error.cause ? error.cause : error;
  return messageOf(cause) || String((cause as NodeJS.ErrnoException).code ?? "no connection");
}
