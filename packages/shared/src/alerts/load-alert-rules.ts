import { readFileSync } from "node:fs";
import { type AlertRule, alertRulesSchema } from "../contracts/alert-rules";
import { ColaError, messageOf } from "../errors/cola-error";

/**
 * The rules of the file that `COLAML_ALERT_RULES` names; none if it names none.
 *
 * @throws ColaError CONFIG_INVALID naming the file, the rule and what is wrong: an unknown metric is answered with
 *   the known ones
 */
export function loadAlertRules(path: string): AlertRule[] {
  if (path === "") return [];
  const parsed = alertRulesSchema.safeParse(readJson(path));
  if (parsed.success) return parsed.data;
  const { path: where, message } = parsed.error.issues[0]!;
  throw new ColaError("CONFIG_INVALID", `alert rules ${path}: ${where.join(".") || "file"}: ${message}`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new ColaError(
        "CONFIG_INVALID",
        `alert rules: no such file: ${path} (COLAML_ALERT_RULES names it)`,
      );
    }
    throw new ColaError("CONFIG_INVALID", `alert rules ${path}: ${messageOf(cause)}`, { cause });
  }
}
