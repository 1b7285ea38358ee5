import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type Finding, ok, problem } from "../finding";

const CHECK = "mlflow api";

/**
 * Whether the API answers by the name that the settings call it: /health does so by any name. A server that was not
 * told its name answers 403.
 *
 * @param host as it stands in the tracking URI, such as `mlflow:5000`
 */
export async function checkMlflowApi(
  mlflow: Pick<MlflowClient, "checkAccess">,
  host: string,
): Promise<Finding> {
  try {
    await mlflow.checkAccess();
    return ok(CHECK, `takes calls as ${host}`);
  } catch (error) {
    const { status } = error instanceof ColaError ? error.details : {};
    const mends: Record<string, string> = {
      "401": "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
      "403": `start the server with --allowed-hosts "${host},localhost:*,127.0.0.1:*", or give the user rights`,
    };
    return problem(
      CHECK,
      messageOf(error),
      mends[String(status)] ?? "look into the log of the MLflow server",
    );
  }
}
