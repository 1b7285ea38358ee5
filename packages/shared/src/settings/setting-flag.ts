import type { Entry } from "./setting-kinds";

/**
 * The flag of a setting, without dashes.
 *
 * @example flagOf({ env: "COLAML_MAX_FEATURES" }) // "max-features"
 */
export function flagOf({ flag, env }: Pick<Entry, "flag" | "env">): string {
  return (
    flag ??
    env
      .replace(/^COLAML_/, "")
      .toLowerCase()
      .replaceAll("_", "-")
  );
}
