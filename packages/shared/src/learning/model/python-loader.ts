import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ENGLISH_STOP_WORDS } from "../text/stop-words";

/** Module name of the loader inside a published model, below `code/`. */
export const PYTHON_LOADER_MODULE = "colaml_model";

const SOURCE = join(__dirname, "../../../python/colaml_model.py");
const PLACEHOLDER = /^_ENGLISH = \(\).*$/m;

/** Source of the Python module that scores our models, with our list of English stop words in it. */
export function pythonLoaderSource(): string {
  const words = JSON.stringify([...ENGLISH_STOP_WORDS].sort());
  return readFileSync(SOURCE, "utf8").replace(PLACEHOLDER, `_ENGLISH = ${words}`);
}
