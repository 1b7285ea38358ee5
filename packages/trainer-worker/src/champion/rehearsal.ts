import { MANIFEST_FILE, manifestDigest } from "@colaml/shared/learning/model/bundle-files";
import { GOLDEN_SAMPLE_FILE } from "@colaml/shared/learning/model/golden-sample";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import type { LoadedModel } from "@colaml/shared/mlflow/load-model";
import { rehearse } from "@colaml/shared/mlflow/rehearse";
import type { Publication } from "../publication/publication";

/**
 * The rehearsal of a promotion, and that the registry's files are those of the training, a golden sample among them.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED; a broken challenger is an answer, no error
 */
export async function rehearseChallenger(
  client: MlflowClient,
  { job, model }: Publication,
  version: string,
  hmacKey: string,
): Promise<{ challenger?: LoadedModel; broken?: string }> {
  const { model: challenger, broken } = await rehearse(client, job.model, version, hmacKey);
  if (!challenger) return { broken };
  const manifest = manifestDigest(challenger.files.get(MANIFEST_FILE)!);
  if (manifest !== manifestDigest(model!.files.get(MANIFEST_FILE)!))
    return { broken: "the registry's files are not those that were trained" };
  if (!challenger.files.has(GOLDEN_SAMPLE_FILE)) return { broken: `${GOLDEN_SAMPLE_FILE} is missing` };
  return { challenger };
}
