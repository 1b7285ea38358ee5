import { createMlflowClient } from "@colaml/shared/mlflow/client";
import type { ColaConfig } from "@colaml/shared/settings/schema";

/**
 * Asks MLflow whether it is there before any work is put on a queue.
 * @throws ColaError MLFLOW_UNREACHABLE within seconds, with the address and what to do
 */
export async function checkMlflow(config: ColaConfig): Promise<void> {
  await createMlflowClient(config.mlflow).ping();
}
