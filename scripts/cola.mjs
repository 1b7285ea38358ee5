import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSetup, runScript } from "./setup/ensure.mjs";
import { pythonDir, repoRoot } from "./setup/paths.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

await runScript(async () => {
  await ensureSetup();
  stopWithNpm();
  process.env.COLAML_PYTHON ??= join(pythonDir, "bin", "python");
  // In this process: signals, exit code and a terminal's input need no passing on.
  await import(pathToFileURL(join(repoRoot, "packages/producer/dist/cli/main.js")).href);
});
