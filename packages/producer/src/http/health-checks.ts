import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { probeWrite } from "@colaml/shared/queue/connection";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import type { Check } from "@colaml/shared/worker/health-checks";
import type { JobQueues } from "../submit/job-queues";

/** Redis answers and can be written (a full one still answers PING); MLflow takes requests of the configured user. */
export function serviceChecks(config: ColaConfig, queues: JobQueues): Record<"redis" | "mlflow", Check> {
  return {
    redis: () => probeWrite(queues.redis, queues.settings.prefix),
    mlflow: (signal) => createMlflowClient(config.mlflow, { signal }).checkAccess(),
  };
}
