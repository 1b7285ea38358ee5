import { messageOf } from "@colaml/shared/errors/cola-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type Finding, ok, problem } from "../finding";

const CHECK = "mlflow alias";
/** Nobody follows it: the alias that predictors follow is never touched. */
const SCRATCH_ALIAS = "cola-doctor";

/** Sets an alias of its own on the model's newest version and takes it away again. */
export async function checkMlflowAlias(
  mlflow: Pick<MlflowClient, "registry">,
  model: string,
): Promise<Finding> {
  try {
    const [newest] = await mlflow.registry.versions(model, "", 1);
    if (!newest) return ok(CHECK, `not tried: ${model} has no version yet`);
    await mlflow.registry.setAlias(model, SCRATCH_ALIAS, newest.version);
    await mlflow.registry.removeAlias(model, SCRATCH_ALIAS);
    return ok(CHECK, `aliases of ${model} can be moved`);
  } catch (error) {
    return problem(
      CHECK,
      messageOf(error),
      `give the user of MLflow the right to edit the registered model ${model}`,
    );
  }
}
