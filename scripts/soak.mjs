// npm run soak -- [--minutes 30]: a mixed load through every door, and what grows meanwhile.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSetup } from "./setup/ensure.mjs";
import { pythonDir, repoRoot } from "./setup/paths.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

await runScript(async () => {
  await ensureSetup();
  stopWithNpm();
  process.env.COLAML_PYTHON ??= join(pythonDir, "bin", "python");
  await import(pathToFileURL(join(repoRoot, "soak/main.mjs")).href);
});
