import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Entries beyond the number are removed together once they are a tenth of it: most calls only list the folder. */
const SPARE = 0.1;

/**
 * Removes the oldest entries of a folder, by the time they were last written to. Hidden ones, which are being written,
 * stay and are not counted. A folder that cannot be read, and what cannot be removed, are left as they are: no job fails
 * because something old is still there.
 *
 * @param kept how many stay at least
 * @param mayGo whether an entry may be removed; it is asked of those that are in excess only
 * @returns how many were removed
 */
export async function keepNewest(
  folder: string,
  kept: number,
  mayGo: (name: string) => Promise<boolean> = async () => true,
): Promise<number> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith("."));
  if (names.length <= kept * (1 + SPARE)) return 0;
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await lstat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const oldest = dated
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
    .slice(0, names.length - kept);
  let removed = 0;
  for (const { name } of oldest) {
    if (!(await mayGo(name))) continue;
    const isGone = await rm(join(folder, name), { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
    if (isGone) removed++;
  }
  return removed;
}
