// Installs the Python environment of the embedded servers if it is missing, and prints its folder; `--where` only prints it.
import { pythonDir } from "./setup/paths.mjs";
import { installPython, pythonIsReady } from "./setup/python-environment.mjs";
import { checkNode, runScript } from "./setup/run-script.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

const REQUIREMENTS = "requirements.txt";

await runScript(async () => {
  checkNode();
  if (!process.argv.includes("--where") && !pythonIsReady(pythonDir, REQUIREMENTS))
    await withSetupLock(() => installPython(pythonDir, REQUIREMENTS));
  process.stdout.write(`${pythonDir}\n`);
});
