import { ColaError } from "../errors/cola-error";
import { encodePath } from "./api-path";
import type { MlflowTransport } from "./transport";

const ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";
/** Largest file that is downloaded, in bytes. */
export const MAX_ARTIFACT_BYTES = 512 * 1024 * 1024;

/** Files of runs and models, through the tracking server: no other store is ever followed. */
export class Artifacts {
  constructor(private readonly transport: MlflowTransport) {}

  async upload(artifactUri: string, path: string, bytes: Uint8Array): Promise<void> {
    await this.transport.upload(`${ARTIFACTS}/${encodePath(`${rootOf(artifactUri)}/${path}`)}`, bytes);
  }

  async download(artifactUri: string, path: string, maxBytes = MAX_ARTIFACT_BYTES): Promise<Buffer> {
    return this.transport.download(`${ARTIFACTS}/${encodePath(`${rootOf(artifactUri)}/${path}`)}`, maxBytes);
  }
}

/**
 * The path below the artifact store of an `mlflow-artifacts:/...` URI.
 *
 * @throws ColaError MLFLOW_FAILED for any other place: the server must proxy artifacts
 */
export function rootOf(artifactUri: string): string {
  const path = /^mlflow-artifacts:\/(?:\/[^/]*\/)?([^?#]+)$/.exec(artifactUri)?.[1];
  if (path === undefined) {
    const scheme = artifactUri.split(":")[0];
    throw new ColaError(
      "MLFLOW_FAILED",
      `MLflow keeps this model's files at ${scheme}:, allowed is mlflow-artifacts: (start the server with --artifacts-destination)`,
    );
  }
  return path.replace(/\/+$/, "");
}
