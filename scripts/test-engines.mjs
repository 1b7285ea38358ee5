// npm run test:engines [-- spark ray]: a published model in Spark and Ray Data, beside `cola predict`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureSetup } from "./setup/ensure.mjs";
import { enginesPythonDir, repoRoot } from "./setup/paths.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

await runScript(async () => {
  await ensureSetup([[enginesPythonDir, "requirements-engines.txt"]]);
  stopWithNpm();
  process.env.COLAML_PYTHON_ENGINES ??= join(enginesPythonDir, "bin", "python");
  await import(pathToFileURL(join(repoRoot, "test/engines/main.mjs")).href);
});
