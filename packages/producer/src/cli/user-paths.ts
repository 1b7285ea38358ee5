import { resolve } from "node:path";

/**
 * The folder the person stands in. npm runs a script in the package's folder and keeps the person's in
 * `INIT_CWD`: a path on the command line means the latter.
 */
function userFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env["INIT_CWD"] ?? process.cwd();
}

/** An absolute path from what a person typed. */
export function userPath(path: string): string {
  return resolve(userFolder(), path);
}
