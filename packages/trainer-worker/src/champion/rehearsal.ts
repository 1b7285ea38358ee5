import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toColaError } from "@colaml/shared/errors/cola-error";
import type { MlflowClient } from "@colaml/shared/mlflow/client";
import { type LoadedModel, loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { MANIFEST_FILE, manifestDigest } from "@colaml/shared/model/bundle-files";
import { createClassifier } from "@colaml/shared/model/classifier";
import type { Publication } from "../publishing/publication";
import { GOLDEN_SAMPLE_FILE, goldenSampleDifference, parseGoldenSample } from "./golden-sample";

/**
 * Downloads the challenger anew, into a folder that nobody has used, and tries it: its files must be those of the
 * training, and the golden sample must score bit for bit as it did there.
 *
 * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED; a broken challenger is an answer, no error
 */
export async function rehearse(
  client: MlflowClient,
  { job, model }: Publication,
  version: string,
  hmacKey: string,
): Promise<{ challenger?: LoadedModel; broken?: string }> {
  const cacheDir = await mkdtemp(join(tmpdir(), "colaml-rehearsal-"));
  try {
    const pinned = await resolveModel(client, `models:/${job.model}/${version}`);
    const challenger = await loadModel(client, pinned, { cacheDir, hmacKey });
    const manifest = manifestDigest(challenger.files.get(MANIFEST_FILE)!);
    if (manifest !== manifestDigest(model!.files.get(MANIFEST_FILE)!))
      return { broken: "the registry's files are not those that were trained" };
    const golden = parseGoldenSample(challenger.files.get(GOLDEN_SAMPLE_FILE) ?? new Uint8Array());
    const classifier = createClassifier(challenger.bundle);
    const out = new Float64Array(classifier.classes.length);
    const broken = goldenSampleDifference(golden, (text) => {
      classifier.predict(text, out);
      return out;
    });
    return broken === undefined ? { challenger } : { broken };
  } catch (error) {
    const { code, message } = toColaError(error);
    if (code !== "MODEL_CORRUPT") throw error;
    return { broken: message };
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}
