import { modelUri } from "../contracts/names";
import { ColaError, messageOf } from "../errors/cola-error";
import {
  bundleFromFiles,
  MANIFEST_FILE,
  manifestDigest,
  parseManifest,
} from "../learning/model/bundle-files";
import type { ModelBundle } from "../learning/model/model-bundle";
import { isMissing } from "./api-error";
import { MAX_ARTIFACT_BYTES } from "./artifacts";
import type { MlflowClient } from "./client";
import { MANIFEST_TAG } from "./publish-model";
import type { ModelVersion } from "./registry";
import { CHAMPION } from "./registry-names";
import { VERDICT_TAGS } from "./verdict-tags";
import { keepVersion, keptPin, type PinnedModel, readKept, touchKept } from "./version-cache";

export type { PinnedModel } from "./version-cache";

/** A manifest lists some files: one that is larger is none. */
const MAX_MANIFEST_BYTES = 1024 * 1024;

export interface LoadedModel {
  pinned: PinnedModel;
  bundle: ModelBundle;
  /** Files below `data/`, checked: reference profile and golden sample among them. */
  files: ReadonlyMap<string, Uint8Array>;
}

export interface LoadOptions {
  /** Where versions are kept on disk. */
  cacheDir: string;
  /** If it is not empty, manifests that it did not sign are refused. */
  hmacKey?: string;
}

/**
 * The version a URI means now: `models:/name@alias`, `models:/name/3` or `models:/name/latest`. If MLflow is away,
 * a version by number is found in `cacheDir`, if it is given and holds it; an alias is not, it may have moved.
 *
 * @throws ColaError MODEL_NOT_FOUND naming what there is, MLFLOW_UNREACHABLE
 */
export async function resolveModel(
  client: MlflowClient,
  uri: string,
  options: { cacheDir?: string } = {},
): Promise<PinnedModel> {
  const match = /^models:\/([^@/]+)(?:@([^/]+)|\/([^/]+))$/.exec(modelUri.safeParse(uri).data ?? "");
  if (!match) {
    const allowed = "allowed is models:/name@alias, models:/name/3 or models:/name/latest";
    throw new ColaError("USAGE", `${JSON.stringify(uri.slice(0, 200))} is not a model: ${allowed}`);
  }
  const [, name = "", alias, version = ""] = match;
  try {
    const found =
      alias !== undefined
        ? await client.registry.versionOfAlias(name, alias)
        : await findVersion(client, name, version);
    if (!found) throw await notFound(client, uri, name);
    return pin(found);
  } catch (error) {
    const isAway = error instanceof ColaError && error.code === "MLFLOW_UNREACHABLE";
    if (!isAway || options.cacheDir === undefined || alias !== undefined) throw error;
    const kept = await keptPin(options.cacheDir, name, version, client.address).catch((damage: unknown) => {
      throw withReason(error, damage);
    });
    if (kept) return kept;
    throw error;
  }
}

/** That MLflow is away, and why a version on disk does not help: the job is retried as for the first reason. */
function withReason(away: ColaError, damage: unknown): ColaError {
  return new ColaError(away.code, `${away.message}; ${messageOf(damage)}`, {
    cause: away,
    details: away.details,
    retryable: away.retryable,
  });
}

async function findVersion(
  client: MlflowClient,
  name: string,
  version: string,
): Promise<ModelVersion | undefined> {
  if (version === "latest") return (await client.registry.versions(name, "", 1))[0];
  try {
    return await client.registry.version(name, version);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function notFound(client: MlflowClient, uri: string, name: string): Promise<ColaError> {
  const versions = await client.registry.versions(name);
  if (versions.length === 0) {
    return new ColaError(
      "MODEL_NOT_FOUND",
      `${uri}: no model ${name} at ${client.address}: train one with cola train`,
    );
  }
  const aliases = [...(await client.registry.aliases(name)).keys()].map((alias) => `@${alias}`);
  if (uri.endsWith(`@${CHAMPION}`)) return new ColaError("MODEL_NOT_FOUND", noChampion(uri, versions[0]!));
  const numbers = versions.slice(0, 10).map((version) => version.version);
  return new ColaError(
    "MODEL_NOT_FOUND",
    `${uri}: no such version or alias: ${name} has versions ${numbers.join(", ")} and aliases ${aliases.join(", ") || "none"}`,
  );
}

/** After a first training that was held or rejected: what to use instead. */
function noChampion(uri: string, { name, version, tags }: ModelVersion): string {
  const verdict =
    tags[VERDICT_TAGS.verdict] === undefined
      ? ""
      : ` (${tags[VERDICT_TAGS.verdict]}: ${tags[VERDICT_TAGS.reason] ?? ""})`;
  return `${uri}: no version of ${name} is champion; the newest is version ${version}${verdict}: use it with --model models:/${name}/${version}, or make it champion with \`cola models promote ${version} --model ${name}\``;
}

function pin({ name, version, runId, source, tags }: ModelVersion): PinnedModel {
  return { name, version, runId, source, manifestSha256: tags[MANIFEST_TAG] ?? "" };
}

/**
 * The files and bundle of a pinned version: from the cache, or downloaded and kept there. Either way the sha256
 * of every file is checked first. A version in the cache needs no MLflow.
 *
 * @throws ColaError MODEL_CORRUPT, MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
export async function loadModel(
  client: MlflowClient,
  pinned: PinnedModel,
  options: LoadOptions,
): Promise<LoadedModel> {
  const cached = await readCached(pinned, options);
  if (cached) return cached;
  const loaded = await downloadModel(client, pinned, options.hmacKey);
  await keepVersion(options.cacheDir, pinned, loaded.files, client.address);
  return loaded;
}

/**
 * The files and bundle of a pinned version as the registry has them now, past any cache: what a rehearsal needs.
 *
 * @throws ColaError MODEL_CORRUPT, MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
export async function downloadModel(
  client: MlflowClient,
  pinned: PinnedModel,
  hmacKey = "",
): Promise<LoadedModel> {
  const file = await fileSource(client, pinned);
  const files = await readFiles(pinned, file, hmacKey);
  return { pinned, files, bundle: bundleFromFiles(files, hmacKey) };
}

/** Nothing if the cache holds nothing usable: the caller then downloads. */
async function readCached(
  pinned: PinnedModel,
  { cacheDir, hmacKey }: LoadOptions,
): Promise<LoadedModel | undefined> {
  try {
    const files = await readFiles(pinned, (path) => readKept(cacheDir, pinned, path), hmacKey);
    const bundle = bundleFromFiles(files, hmacKey);
    await touchKept(cacheDir, pinned);
    return { pinned, bundle, files };
  } catch {
    return undefined;
  }
}

type FileSource = (path: string, maxBytes: number) => Promise<Uint8Array>;

/** The manifest, then all that it lists, each no longer than it says; digests of the files are the caller's. */
async function readFiles(
  pinned: PinnedModel,
  file: FileSource,
  hmacKey = "",
): Promise<Map<string, Uint8Array>> {
  const manifest = await file(MANIFEST_FILE, MAX_MANIFEST_BYTES);
  checkDigest(pinned, manifest);
  const files = new Map<string, Uint8Array>([[MANIFEST_FILE, manifest]]);
  for (const { path, bytes } of parseManifest(manifest, hmacKey).files)
    files.set(path, await file(path, Math.min(bytes, MAX_ARTIFACT_BYTES)));
  return files;
}

async function fileSource(client: MlflowClient, pinned: PinnedModel): Promise<FileSource> {
  const what = `${pinned.name} version ${pinned.version}`;
  const modelId = /^models:\/([A-Za-z0-9-]+)$/.exec(pinned.source)?.[1];
  if (modelId === undefined) {
    const source = JSON.stringify(pinned.source.slice(0, 60));
    throw new ColaError("MODEL_CORRUPT", `${what} was not registered by ColaML: its source is ${source}`);
  }
  const { artifactUri } = await client.models.get(modelId);
  return async (path, maxBytes) => {
    try {
      return await client.artifacts.download(artifactUri, `data/${path}`, maxBytes);
    } catch (error) {
      const damage = isMissing(error)
        ? "is missing"
        : isTooLarge(error)
          ? "is longer than stated"
          : undefined;
      if (damage === undefined) throw error;
      throw new ColaError("MODEL_CORRUPT", `${what}: its file data/${path} ${damage}`, { cause: error });
    }
  };
}

const isTooLarge = (error: unknown) =>
  error instanceof ColaError && error.details["networkCode"] === "TOO_LARGE";

function checkDigest({ name, version, manifestSha256 }: PinnedModel, manifest: Uint8Array): void {
  if (manifestDigest(manifest) === manifestSha256) return;
  const reason =
    manifestSha256 === ""
      ? `has no tag ${MANIFEST_TAG}: it was not registered by ColaML`
      : `is damaged: the sha256 of ${MANIFEST_FILE} is not the registry's`;
  throw new ColaError("MODEL_CORRUPT", `${name} version ${version} ${reason}`);
}
