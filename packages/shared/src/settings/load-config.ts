import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { type ConfigSources, resolveConfig } from "./resolve-config";
import type { ColaConfig } from "./schema";

/**
 * The configuration of this process: flags, then `process.env`, then `.env` of the working folder, then defaults.
 *
 * @param flags by dotted key, e.g. `{"boosting.depth": 4}`
 * @throws ColaError CONFIG_INVALID
 */
export function loadConfig(flags: ConfigSources["flags"] = {}, folder: string = process.cwd()): ColaConfig {
  return resolveConfig({ flags, env: process.env, dotenv: readDotenv(folder) });
}

/** The variables of `.env` in a folder; none where there is no such file. */
export function readDotenv(folder: string = process.cwd()): Record<string, string> {
  try {
    return parse(readFileSync(join(folder, ".env")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
