import { ColaError } from "@colaml/shared/errors/cola-error";
import { createMlflowClient, type MlflowClient } from "@colaml/shared/mlflow/client";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";
import type { Service } from "./service";

/** The registry for a request: it answers at once that MLflow is away, and does not wait for the client's retries. */
export interface RegistryAccess {
  /** @throws ColaError MLFLOW_UNREACHABLE */
  mlflow(): Promise<MlflowClient>;
  /** A model's name of a path. @throws ColaError MODEL_NOT_FOUND for what cannot be one */
  nameOf(request: { params: { name: string } }): string;
}

/** Access to the registry that the service names. */
export function registryAccess({ config, health }: Pick<Service, "config" | "health">): RegistryAccess {
  let client: MlflowClient | undefined;
  return {
    async mlflow() {
      const { mlflow } = await health.look();
      if (mlflow !== undefined && !mlflow.ok)
        throw new ColaError("MLFLOW_UNREACHABLE", "MLflow does not answer");
      client ??= createMlflowClient(config.mlflow);
      return client;
    },
    nameOf({ params: { name } }) {
      if (SAFE_NAME.test(name)) return name;
      throw new ColaError("MODEL_NOT_FOUND", `no registered model ${JSON.stringify(name.slice(0, 140))}`);
    },
  };
}
