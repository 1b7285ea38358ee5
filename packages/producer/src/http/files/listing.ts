import type { Dirent } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { confinedFolder, isClosed } from "@colaml/shared/files/confined-path";
import { inputError } from "@colaml/shared/files/file-errors";
import type { DataFolder } from "./data-folder";
import { entityTag } from "./entity-tag";

/** One file or folder, by the path that a request names it with. */
export interface ListedFile {
  path: string;
  kind: "file" | "folder";
  /** Only of files. */
  bytes?: number;
  /** ISO 8601, UTC; only of files. */
  modifiedAt?: string;
  etag?: string;
}

export interface Listing {
  /** By name; folders and files together. */
  files: ListedFile[];
  /** What no request can name: hidden ones, links, pipes and devices, ColaML's own folders. */
  leftOut: number;
  /** `after` of the next page; absent on the last one. */
  next?: string;
}

export interface ListingRequest {
  /** A folder that ends with `/`, perhaps with the beginning of names in it; empty: the data folder itself. */
  prefix: string;
  /** Name, without its folder, that the page begins behind. */
  after: string;
  limit: number;
}

/**
 * A page of what lies in one folder, not of those below. Memory does not grow with the folder.
 *
 * @throws ColaError PATH_NOT_ALLOWED, FILE_NOT_FOUND, INPUT_UNREADABLE
 */
export async function listFiles(
  { root, closed }: DataFolder,
  { prefix, after, limit }: ListingRequest,
): Promise<Listing> {
  const cut = prefix.lastIndexOf("/") + 1;
  const [folderName, begin] = [prefix.slice(0, Math.max(0, cut - 1)), prefix.slice(cut)];
  const folder = folderOf({ root, closed }, cut === 1 ? "/" : folderName);
  const first = new FirstNames(limit + 1);
  let leftOut = 0;
  try {
    for await (const entry of await opendir(folder)) {
      if (!isListed(entry) || isClosed(closed, join(folder, entry.name))) leftOut++;
      else if (entry.name.startsWith(begin) && entry.name > after) first.add(entry);
    }
  } catch (error) {
    throw inputError(folderName, error);
  }
  const entries = first.sorted();
  const shown = entries.slice(0, limit);
  const files = await Promise.all(shown.map((entry) => listed(folder, prefix.slice(0, cut), entry)));
  return {
    files: files.filter((file) => file !== undefined),
    leftOut,
    ...(entries.length > limit ? { next: shown.at(-1)!.name } : {}),
  };
}

function folderOf({ root, closed }: DataFolder, name: string): string {
  try {
    return confinedFolder(root, name, closed);
  } catch (error) {
    if (!(error instanceof ColaError) || error.code !== "INPUT_NOT_FOUND") throw error;
    throw new ColaError("FILE_NOT_FOUND", error.message);
  }
}

const isListed = (entry: Dirent) => !entry.name.startsWith(".") && (entry.isFile() || entry.isDirectory());

const byName = (a: Dirent, b: Dirent) => (a.name < b.name ? -1 : Number(a.name > b.name));

/** The first entries by name of many, kept in twice their room. */
class FirstNames {
  readonly #most: number;
  #entries: Dirent[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(entry: Dirent): void {
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * this.#most) this.#entries = this.sorted();
  }

  sorted(): Dirent[] {
    return this.#entries.sort(byName).slice(0, this.#most);
  }
}

/** Nothing if it was removed meanwhile. */
async function listed(folder: string, prefix: string, entry: Dirent): Promise<ListedFile | undefined> {
  const path = `${prefix}${entry.name}`;
  if (entry.isDirectory()) return { path: `${path}/`, kind: "folder" };
  const stat = await lstat(join(folder, entry.name), { bigint: true }).catch(() => undefined);
  if (!stat?.isFile()) return undefined;
  const modifiedAt = new Date(Number(stat.mtimeMs)).toISOString();
  return { path, kind: "file", bytes: Number(stat.size), modifiedAt, etag: entityTag(stat) };
}
