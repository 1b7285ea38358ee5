import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file that says for which inputs a step was done: an equal stamp means nothing to do. */
export function isStamped(file, value) {
  try {
    return readFileSync(file, "utf8") === value;
  } catch {
    return false;
  }
}

export function stamp(file, value) {
  writeFileSync(file, value);
}

export function digestOf(...parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

/** Digest of names, sizes and times of all files below the folders: changes when one is edited, added or removed. */
export function digestOfFiles(paths) {
  return digestOf(...paths.flatMap(listed));
}

function listed(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) return [`${path} ${stat.size} ${stat.mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listed(join(path, name)));
}
