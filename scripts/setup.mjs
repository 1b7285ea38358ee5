// Installs and builds what is missing. The other scripts do that by themselves; this one does nothing else.
import { ensureSetup, runScript } from "./setup/ensure.mjs";

await runScript(() => ensureSetup());
