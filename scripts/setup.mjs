// Installs and builds what is missing. The other scripts do that by themselves; this one does nothing else.
import { ensureSetup } from "./setup/ensure.mjs";
import { runScript } from "./setup/run-script.mjs";

await runScript(() => ensureSetup());
