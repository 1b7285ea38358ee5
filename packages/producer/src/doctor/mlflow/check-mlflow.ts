import { createMlflowClient } from "@colaml/shared/mlflow/client";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { checkClockSkew } from "../clock-skew";
import { type Finding, ok } from "../finding";
import { CHECK_MS, inTime } from "../in-time";
import { checkMlflowAlias } from "./alias";
import { checkMlflowArtifacts } from "./artifacts";
import { checkMlflowApi } from "./host";
import { checkMlflowVersion } from "./version";

const REACHABLE = "mlflow";
const MEND = "check that MLflow runs, MLFLOW_TRACKING_URI and the network";

/**
 * All that is to be known of the MLflow of the settings; of one that is away, or that refuses every call, only that.
 *
 * @param clock milliseconds since 1970
 */
export async function checkMlflowServer(
  config: Pick<ColaConfig, "mlflow" | "model">,
  clock: () => number,
  signal?: AbortSignal,
): Promise<Finding[]> {
  const settings = { ...config.mlflow, maxRetries: 0, timeoutS: CHECK_MS / 1_000 };
  const mlflow = createMlflowClient(settings, signal ? { signal } : {});
  const reached = await inTime(REACHABLE, MEND, async () => {
    await mlflow.ping();
    return ok(REACHABLE, `answers at ${mlflow.address}`);
  });
  if (reached.state !== "ok") return [reached];
  const { host } = new URL(mlflow.address);
  const api = await inTime("mlflow api", MEND, () => checkMlflowApi(mlflow, host));
  const about = await mlflow.about().catch(() => undefined);
  const own = [
    checkMlflowVersion(about?.version),
    ...(about?.timeMs === undefined ? [] : [checkClockSkew("MLflow", about.timeMs, clock())]),
  ];
  if (api.state !== "ok") return [reached, api, ...own];
  const artifacts = { experiment: config.mlflow.experiment, clock, text: `cola doctor ${clock()}\n` };
  return [
    reached,
    api,
    ...own,
    await inTime("mlflow artifacts", MEND, () => checkMlflowArtifacts(mlflow, artifacts)),
    await inTime("mlflow alias", MEND, () => checkMlflowAlias(mlflow, config.model.name)),
  ];
}
