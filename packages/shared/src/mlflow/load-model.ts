import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ColaError } from "../errors/cola-error";
import { SAFE_NAME } from "../jobs/names";
import { bundleFromFiles, MANIFEST_FILE, manifestDigest, parseManifest } from "../model/bundle-files";
import type { ModelBundle } from "../model/model-bundle";
import type { MlflowClient } from "./client";
import { MANIFEST_TAG } from "./publish-model";
import type { ModelVersion } from "./registry";

/** Versions of a model that stay on disk. */
const KEPT_VERSIONS = 5;

/** One version of a registered model, found once and used to the end of a job. */
export interface PinnedModel {
  name: string;
  version: string;
  runId: string;
  source: string;
  /** sha256 of the manifest, by the registry's tag; empty where the version has none. */
  manifestSha256: string;
}

export interface LoadedModel {
  pinned: PinnedModel;
  bundle: ModelBundle;
  /** Files below `data/`, checked: reference profile and golden sample among them. */
  files: ReadonlyMap<string, Uint8Array>;
}

export interface LoadOptions {
  /** Where versions are kept on disk. */
  cacheDir: string;
  /** Refuses manifests that are not signed by it, where not empty. */
  hmacKey?: string;
}

/**
 * The version a URI means now: `models:/name@alias`, `models:/name/3` or `models:/name/latest`.
 *
 * @throws ColaError MODEL_NOT_FOUND naming what there is, MLFLOW_UNREACHABLE
 */
export async function resolveModel(client: MlflowClient, uri: string): Promise<PinnedModel> {
  const match = /^models:\/([^@/]+)(?:@([^/]+)|\/([^/]+))$/.exec(uri);
  if (!match) {
    throw new ColaError(
      "USAGE",
      `${JSON.stringify(uri)} is no model: allowed is models:/name@alias or models:/name/3`,
    );
  }
  const [, name, alias, version] = match as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
  ];
  const found =
    alias !== undefined
      ? await client.registry.versionOfAlias(name, alias)
      : await findVersion(client, name, version!);
  if (!found) throw await notFound(client, uri, name);
  return pin(found);
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
    if (error instanceof ColaError && error.code === "MODEL_NOT_FOUND") return undefined;
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
  const numbers = versions.slice(0, 10).map((version) => version.version);
  return new ColaError(
    "MODEL_NOT_FOUND",
    `${uri}: no such version or alias: ${name} has versions ${numbers.join(", ")} and aliases ${aliases.join(", ") || "none"}`,
  );
}

function pin({ name, version, runId, source, tags }: ModelVersion): PinnedModel {
  return { name, version, runId, source, manifestSha256: tags[MANIFEST_TAG] ?? "" };
}

/**
 * The files and bundle of a pinned version: from the cache, or downloaded and kept there. Either way the sha256
 * of every file is checked first.
 *
 * @throws ColaError MODEL_CORRUPT, MLFLOW_UNREACHABLE, MLFLOW_FAILED
 */
export async function loadModel(
  client: MlflowClient,
  pinned: PinnedModel,
  options: LoadOptions,
): Promise<LoadedModel> {
  for (const part of [pinned.name, pinned.version]) {
    if (!SAFE_NAME.test(part))
      throw new ColaError("MODEL_NOT_FOUND", `${JSON.stringify(part)} cannot be a model's name or version`);
  }
  const folder = join(options.cacheDir, pinned.name, pinned.version);
  const cached = await readCached(pinned, folder, options).catch(() => undefined);
  if (cached) return cached;
  const files = await download(client, pinned, options.hmacKey);
  const bundle = bundleFromFiles(files, options.hmacKey);
  await keep(folder, files);
  await dropOldVersions(join(options.cacheDir, pinned.name));
  return { pinned, bundle, files };
}

/** Throws where the cache holds nothing usable: the caller then downloads. */
async function readCached(
  pinned: PinnedModel,
  folder: string,
  { hmacKey }: LoadOptions,
): Promise<LoadedModel> {
  const manifest = await readFile(join(folder, MANIFEST_FILE));
  checkDigest(pinned, manifest);
  const files = new Map<string, Uint8Array>([[MANIFEST_FILE, manifest]]);
  for (const { path } of parseManifest(manifest, hmacKey).files)
    files.set(path, await readFile(join(folder, path)));
  const bundle = bundleFromFiles(files, hmacKey);
  const now = new Date();
  await utimes(folder, now, now);
  return { pinned, bundle, files };
}

async function download(
  client: MlflowClient,
  pinned: PinnedModel,
  hmacKey = "",
): Promise<Map<string, Uint8Array>> {
  const modelId = /^models:\/([A-Za-z0-9-]+)$/.exec(pinned.source)?.[1];
  if (modelId === undefined) {
    throw new ColaError(
      "MODEL_CORRUPT",
      `${pinned.name} version ${pinned.version} was not registered by ColaML: its source is ${pinned.source.slice(0, 60)}`,
    );
  }
  const { artifactUri } = await client.models.get(modelId);
  const file = async (path: string) => {
    try {
      return await client.artifacts.download(artifactUri, `data/${path}`);
    } catch (error) {
      if (!(error instanceof ColaError) || error.details["status"] !== 404) throw error;
      throw new ColaError(
        "MODEL_CORRUPT",
        `${pinned.name} version ${pinned.version} lacks its file data/${path}`,
        { cause: error },
      );
    }
  };
  const manifest = await file(MANIFEST_FILE);
  checkDigest(pinned, manifest);
  const files = new Map<string, Uint8Array>([[MANIFEST_FILE, manifest]]);
  for (const { path } of parseManifest(manifest, hmacKey).files) files.set(path, await file(path));
  return files;
}

function checkDigest({ name, version, manifestSha256 }: PinnedModel, manifest: Uint8Array): void {
  if (manifestSha256 === "" || manifestDigest(manifest) === manifestSha256) return;
  throw new ColaError(
    "MODEL_CORRUPT",
    `${name} version ${version}: the sha256 of ${MANIFEST_FILE} is not the registry's`,
  );
}

/** Complete or not at all: another worker may be doing the same. */
async function keep(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const parent = join(folder, "..");
  await mkdir(parent, { recursive: true });
  const temporary = await mkdtemp(join(parent, ".new-"));
  for (const [path, bytes] of files) await writeFile(join(temporary, path), bytes);
  try {
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } catch {
    // Another worker was faster: its files are the same.
    await rm(temporary, { recursive: true, force: true });
  }
}

async function dropOldVersions(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => SAFE_NAME.test(name));
  const used = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const old = used.sort((a, b) => b.at - a.at).slice(KEPT_VERSIONS);
  for (const { name } of old) await rm(join(folder, name), { recursive: true, force: true });
}
