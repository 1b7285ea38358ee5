import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { createInterface } from "node:readline";

export interface LabelledId {
  id: string;
  label: string;
}

/** Digits of the number that a file's name begins with. */
const NUMBER_DIGITS = 9;

/** Names of the files of deliveries in a folder, the oldest first; none if there is no folder. */
export async function deliveryFiles(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d{9}-[0-9a-f]{64}\.ndjson$/.test(name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * The name of a delivery's file.
 *
 * @param number which delivery it is, from 1; or the path of a file whose number it gets
 * @param digest sha256 of its content, in hex
 */
export function nameOfDelivery(number: number | string, digest: string): string {
  const digits = typeof number === "number" ? String(number) : basename(number).slice(0, NUMBER_DIGITS);
  return `${digits.padStart(NUMBER_DIGITS, "0")}-${digest}.ndjson`;
}

/** The lines of a delivery's file. */
export async function* linesOf(path: string): AsyncGenerator<LabelledId, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) {
    const [id, label] = JSON.parse(line) as [string, string];
    yield { id, label };
  }
}
