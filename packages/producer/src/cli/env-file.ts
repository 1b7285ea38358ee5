import { readFile } from "node:fs/promises";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { writeDurably } from "@colaml/shared/files/durable-file";
import { systemCode } from "@colaml/shared/files/file-errors";

/** A line of `.env`. @throws ColaError PARAMETER_INVALID for a value that no quotes can hold */
function envLine(name: string, value: string): string {
  if (/^[\w./:@+,-]+$/.test(value)) return `${name}=${value}`;
  const quote = ["'", '"', "`"].find((mark) => !value.includes(mark));
  if (quote === undefined || /[\r\n]/.test(value) || (quote === '"' && value.includes("\\")))
    throw new ColaError(
      "PARAMETER_INVALID",
      `${name} cannot be written to .env: its value holds a line end or every kind of quotes; set it in the environment`,
    );
  return `${name}=${quote}${value}${quote}`;
}

/**
 * Writes settings to a `.env`. An existing file is left as it is, unless `force`: then the lines of these variables are
 * replaced, and all others stay.
 *
 * @throws ColaError OUTPUT_EXISTS
 */
export async function writeEnvFile(
  path: string,
  settings: Readonly<Record<string, string>>,
  force: boolean,
): Promise<void> {
  const before = await readFile(path, "utf8").catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (before !== undefined && !force)
    throw new ColaError(
      "OUTPUT_EXISTS",
      `${path} is there already: --force replaces the lines of these settings in it`,
    );
  const isOurs = (line: string) =>
    Object.keys(settings).some((name) => line.trimStart().startsWith(`${name}=`));
  const kept = (before ?? "").split("\n").filter((line) => !isOurs(line));
  while (kept.at(-1) === "") kept.pop();
  const lines = Object.entries(settings).map(([name, value]) => envLine(name, value));
  await writeDurably(path, [Buffer.from(`${[...kept, ...lines].join("\n")}\n`)], 0o600);
}
