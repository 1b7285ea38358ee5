// Compiles the packages and the predictor's kernel, if they changed; in a fresh clone it installs the Node packages first.
import { ensureBuilt } from "./setup/ensure.mjs";
import { runScript } from "./setup/run-script.mjs";

await runScript(ensureBuilt);
