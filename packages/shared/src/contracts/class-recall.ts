import { ColaError } from "../errors/cola-error";

/**
 * Least recalls of single classes as one setting writes them; undefined if it is empty. A class whose name holds a
 * comma can be named in a job's `thresholds.class_recall`.
 *
 * @throws ColaError CONFIG_INVALID
 * @example parseClassRecall("spam=0.9, ham=0.5") // { spam: 0.9, ham: 0.5 }
 */
export function parseClassRecall(setting: string): Record<string, number> | undefined {
  if (setting.trim() === "") return undefined;
  const pairs = setting.split(",").map((pair): [string, number] => {
    const at = pair.lastIndexOf("=");
    const name = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    const least = value === "" ? Number.NaN : Number(value);
    if (at > 0 && name !== "" && least >= 0 && least <= 1) return [name, least];
    throw new ColaError(
      "CONFIG_INVALID",
      `COLAML_CLASS_RECALL (--class-recall) holds ${JSON.stringify(pair.trim())}: allowed is CLASS=LEAST with a number from 0 to 1, several by comma, such as spam=0.9,ham=0.5`,
    );
  });
  return Object.fromEntries(pairs);
}
