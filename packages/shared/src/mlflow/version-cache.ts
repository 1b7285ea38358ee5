import { randomUUID } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { ColaError } from "../errors/cola-error";
import { makeFolder, moveFolder, writeDurably } from "../files/durable-file";
import { systemCode } from "../files/file-errors";
import { isNewer, parseDocument, writeDocument } from "../files/state-document";
import { SAFE_NAME } from "../settings/safe-name";

/** Versions of a model that stay on disk. */
const KEPT_VERSIONS = 5;
/** A temporary folder that old belongs to a process that died. */
const ABANDONED_MS = 3_600_000;
/** Beside the model's files, none of which can have this name. */
const PIN_FILE = ".pinned.json";

/** The fields of a pinned version, wherever one is kept on disk. */
export const pinnedFields = {
  name: z.string().regex(SAFE_NAME),
  version: z.string().regex(/^\d{1,9}$/),
  runId: z.string(),
  source: z.string(),
  /** sha256 of the manifest, by the registry's tag; empty if the version has none. */
  manifestSha256: z.string(),
};

const pinnedSchema = z.object(pinnedFields);
const keptSchema = pinnedSchema.extend({ address: z.unknown() });

/** One version of a registered model, found once and used to the end of a job. */
export type PinnedModel = z.infer<typeof pinnedSchema>;

/** @throws ColaError MODEL_NOT_FOUND if the name or the version could lead out of the cache */
function folderOf(cacheDir: string, { name, version }: Pick<PinnedModel, "name" | "version">): string {
  for (const part of [name, version]) {
    if (!SAFE_NAME.test(part))
      throw new ColaError("MODEL_NOT_FOUND", `${JSON.stringify(part)} cannot be a model's name or version`);
  }
  return join(cacheDir, name, version);
}

/** One file of a kept version; throws ENOENT if it is not kept. */
export function readKept(cacheDir: string, pinned: PinnedModel, file: string): Promise<Buffer> {
  return readFile(join(folderOf(cacheDir, pinned), file));
}

/**
 * What a version on disk was pinned to when it was kept; nothing if it is not kept, or came from another server.
 *
 * @throws ColaError MODEL_NOT_FOUND if the name or the version could lead out of the cache, MODEL_CORRUPT if the record
 *   of it cannot be read, STATE_NEWER
 */
export async function keptPin(
  cacheDir: string,
  name: string,
  version: string,
  address: string,
): Promise<PinnedModel | undefined> {
  const file = join(folderOf(cacheDir, { name, version }), PIN_FILE);
  try {
    const kept = parseDocument("pinnedModel", file, await readFile(file), keptSchema);
    const { address: from, ...pinned } = kept;
    const fits = from === address && pinned.name === name && pinned.version === version;
    return fits ? pinned : undefined;
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return undefined;
    if (isNewer(cause)) throw cause;
    throw new ColaError(
      "MODEL_CORRUPT",
      `${name} version ${version} is kept on disk, but ${file}, which says what it is, cannot be read: remove that folder, and it is fetched again`,
      { cause },
    );
  }
}

/** Makes a kept version the last to be dropped. */
export async function touchKept(cacheDir: string, pinned: PinnedModel): Promise<void> {
  const now = new Date();
  await utimes(folderOf(cacheDir, pinned), now, now);
}

/**
 * Keeps the files of a version, complete or not at all: another process may be doing the same, or may be reading
 * what is there. Then drops versions used least recently.
 *
 * @param address of the server they came from: version 3 of another server is another model
 * @throws ColaError OUTPUT_UNWRITABLE with the path; nothing of it stays then
 */
export async function keepVersion(
  cacheDir: string,
  pinned: PinnedModel,
  files: ReadonlyMap<string, Uint8Array>,
  address: string,
): Promise<void> {
  const folder = folderOf(cacheDir, pinned);
  const temporary = join(dirname(folder), `.new-${randomUUID()}`);
  await makeFolder(temporary);
  try {
    for (const [path, bytes] of files) await writeDurably(join(temporary, path), [bytes]);
    await writeDocument("pinnedModel", join(temporary, PIN_FILE), { ...pinned, address });
  } catch (error) {
    // On a full disk each attempt would leave as much of a model as there was room for.
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await putInPlace(temporary, folder);
  await dropOldVersions(dirname(folder));
}

async function putInPlace(temporary: string, folder: string): Promise<void> {
  const replaced = join(dirname(folder), `.old-${randomUUID()}`);
  try {
    await rename(folder, replaced).catch(ignoreMissing);
    await moveFolder(temporary, folder);
  } catch {
    // Another process was faster: its files are the same.
    await rm(temporary, { recursive: true, force: true });
  }
  await rm(replaced, { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

async function dropOldVersions(folder: string): Promise<void> {
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const versions = found.filter(({ name }) => SAFE_NAME.test(name)).sort((a, b) => b.at - a.at);
  const abandoned = found.filter(
    ({ name, at }) => /^\.(new|old)-/.test(name) && at < Date.now() - ABANDONED_MS,
  );
  for (const { name } of [...versions.slice(KEPT_VERSIONS), ...abandoned])
    await rm(join(folder, name), { recursive: true, force: true });
}
