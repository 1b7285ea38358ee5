import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./setup/ensure.mjs";
import { repoRoot } from "./setup/paths.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

await runScript(async () => {
  await ensureBuilt();
  stopWithNpm();
  // In this process: signals, exit code and a terminal's input need no passing on.
  await import(pathToFileURL(join(repoRoot, "packages/producer/dist/cola.js")).href);
});
