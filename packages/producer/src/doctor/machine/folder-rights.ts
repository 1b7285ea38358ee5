import { randomBytes } from "node:crypto";
import { open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Finding, ok, problem, warning } from "../finding";

const OTHERS_MAY_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * Whether this process can read and write a folder: it makes a file and removes it. A folder that is missing is made
 * when it is needed, so the nearest one above is tried.
 *
 * @param name of the folder, such as `state`
 */
export async function checkFolderRights(name: string, folder: string): Promise<Finding> {
  const check = `${name} folder`;
  const there = await nearest(folder);
  try {
    await readdir(folder === there ? folder : there);
    const probe = join(there, `.doctor-${randomBytes(6).toString("hex")}.tmp`);
    const file = await open(probe, "wx", 0o600);
    try {
      await file.write("x");
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
  } catch (error) {
    const { code = "an error" } = error as NodeJS.ErrnoException;
    return problem(check, `${there} cannot be read and written (${code})`, mendOf(code, there));
  }
  if (there !== folder) return ok(check, `${folder} is not there yet and can be made`);
  const { mode } = await stat(folder);
  if ((mode & OTHERS_MAY_WRITE) !== 0 && (mode & STICKY) === 0)
    return warning(check, `everybody on this machine may write to ${folder}`, `chmod o-w '${folder}'`);
  return ok(check, `${folder} can be read and written`);
}

async function nearest(folder: string): Promise<string> {
  try {
    await stat(folder);
    return folder;
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === folder) return folder;
    return nearest(above);
  }
}

function mendOf(code: string, folder: string): string {
  const user = process.getuid?.() ?? "the user";
  if (code === "ENOSPC" || code === "EDQUOT") return "make room on that disk";
  if (code === "EROFS") return "mount that disk for writing, or name another folder";
  if (code === "ENOTDIR") return "name a folder: a file is in its place";
  return `chown -R ${user} '${folder}', or run as the owner of that folder`;
}
