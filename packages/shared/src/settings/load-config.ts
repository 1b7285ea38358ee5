import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "dotenv";
import { type ConfigSources, resolveConfig } from "./resolve-config";
import type { ColaConfig } from "./schema";
import { unknownVariables } from "./unknown-variables";

/**
 * The configuration of this process: flags, then `process.env`, then `.env` of the working folder, then defaults.
 *
 * @param flags by dotted key, e.g. `{"boosting.depth": 4}`
 * @throws ColaError CONFIG_INVALID
 */
export function loadConfig(flags: ConfigSources["flags"] = {}, folder: string = process.cwd()): ColaConfig {
  return resolveConfig({ flags, ...processSources(folder) });
}

/** What the environment of this process and `.env` of the working folder hold. */
export function processSources(folder: string = process.cwd()): Omit<ConfigSources, "flags"> {
  return { env: process.env, dotenv: readDotenv(folder) };
}

/** What somebody who starts this process should know of its variables, a line each: those that nothing reads. */
export function settingWarnings(folder: string = process.cwd()): string[] {
  return unknownVariables(processSources(folder));
}

/** The variables of `.env` in a folder; none if there is no such file. */
export function readDotenv(folder: string): Record<string, string> {
  try {
    return parse(readFileSync(join(folder, ".env")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}
