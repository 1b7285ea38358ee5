import { stat } from "node:fs/promises";
import { rejectedPath } from "@colaml/shared/contracts/receipt";
import { toColaError } from "@colaml/shared/errors/cola-error";
import type { Erase } from "./erase-ids";
import { mentionsIn } from "./mentions-in";

/** A file of predictions or of rejected rows that holds an id. */
export interface KeptOutput {
  path: string;
  /** Mentions of the ids; absent: it could not be read. */
  places?: number;
  /** Why it could not be read: it may hold some. */
  unreadable?: string;
}

/**
 * The outputs on this machine that mention an id, and the rejected rows beside them. They are only read: a receipt holds
 * their digests.
 *
 * @param outputs of predict jobs
 */
export async function keptOutputs(outputs: Iterable<string>, erasedIn: Erase): Promise<KeptOutput[]> {
  const paths = new Set([...outputs].flatMap((path) => [path, rejectedPath(path)]));
  const found: KeptOutput[] = [];
  for (const path of [...paths].sort()) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    try {
      const places = await mentionsIn(path, erasedIn);
      if (places > 0) found.push({ path, places });
    } catch (error) {
      found.push({ path, unreadable: toColaError(error).message });
    }
  }
  return found;
}
