import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { type CostMatrix, costMatrixSchema } from "@colaml/shared/settings/decision-settings";

const EXAMPLE = '{"spam": {"ham": 1}, "ham": {"spam": 10}}';

/**
 * The cost matrix that the setting stands for: JSON, or the path of a JSON file, which may be relative to the folder
 * that the user is in. Undefined if it is empty.
 *
 * @throws ColaError CONFIG_INVALID
 */
export function costMatrixOf(setting: string): CostMatrix | undefined {
  const given = setting.trim();
  if (given === "") return undefined;
  const refused = (reason: string, cause?: unknown) =>
    new ColaError(
      "CONFIG_INVALID",
      `COLAML_COST_MATRIX (--cost-matrix) is ${JSON.stringify(given.slice(0, 200))}: ${reason}; allowed is a JSON file, or JSON as ${EXAMPLE}: a cost from 0 for each class of a row (outer) and class decided (inner)`,
      { cause },
    );
  const json = given.startsWith("{") ? given : readMatrix(given, refused);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw refused("it is not JSON", cause);
  }
  const parsed = costMatrixSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused([...issue!.path, issue!.message].join(": "));
}

function readMatrix(path: string, refused: (reason: string, cause: unknown) => ColaError): string {
  try {
    return readFileSync(resolve(process.env["INIT_CWD"] ?? process.cwd(), path), "utf8");
  } catch (cause) {
    throw refused(`it cannot be read: ${messageOf(cause)}`, cause);
  }
}
