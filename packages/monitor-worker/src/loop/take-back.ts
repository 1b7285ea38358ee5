import { championOf, type PromoteOptions, promote, rollback } from "@colaml/shared/mlflow/champion";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { PREVIOUS } from "@colaml/shared/mlflow/registry-names";
import type { LoopDependencies } from "./loop-dependencies";

/**
 * The rollback of the loop: `to` is champion again, with the history and aliases of a rollback by hand.
 *
 * @param announce tells whoever serves the model that its champion changed
 * @throws ColaError MODEL_NOT_FOUND, MODEL_CORRUPT, MLFLOW_UNREACHABLE: then the champion is the one it was
 */
export function createTakeBack(
  mlflow: MlflowClient,
  { announce, ...options }: PromoteOptions & { announce: (model: string) => Promise<void> },
): LoopDependencies["rollback"] {
  return async (model, from, to, reason) => {
    const [champion, previous] = await Promise.all([
      championOf(mlflow, model),
      mlflow.registry.versionOfAlias(model, PREVIOUS),
    ]);
    // Somebody may have moved the alias meanwhile: only the version that was watched is taken back.
    if (champion?.version !== from) return false;
    if (previous?.version === to) await rollback(mlflow, model, reason, options);
    else await promote(mlflow, model, to, `rollback: ${reason}`, options);
    await announce(model);
    return true;
  };
}
