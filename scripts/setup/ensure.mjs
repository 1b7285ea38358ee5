import { build, buildIsReady } from "./build.mjs";
import { installNodePackages, nodePackagesAreReady } from "./node-packages.mjs";
import { pythonDir } from "./paths.mjs";
import { installPython, pythonIsReady } from "./python-environment.mjs";
import { checkNode } from "./run-script.mjs";
import { withSetupLock } from "./setup-lock.mjs";

const REQUIREMENTS = "requirements.txt";

/** Everything but the build; `npm test` builds by itself, with the tests' types. */
export async function ensureInstalled(more = []) {
  checkNode();
  const environments = [[pythonDir, REQUIREMENTS], ...more];
  const ready = () => nodePackagesAreReady() && environments.every(([dir, file]) => pythonIsReady(dir, file));
  if (ready()) return;
  await withSetupLock(async () => {
    await Promise.all([
      installNodePackages(),
      (async () => {
        for (const [dir, file] of environments) await installPython(dir, file);
      })(),
    ]);
  });
}

/** Installs and builds what is missing or old; says nothing and takes milliseconds when nothing is. */
export async function ensureSetup(more = []) {
  await ensureInstalled(more);
  if (!buildIsReady()) await withSetupLock(build);
}

/** The same without Python: the producer installs that when it starts a server of its own. */
export async function ensureBuilt() {
  checkNode();
  if (nodePackagesAreReady() && buildIsReady()) return;
  await withSetupLock(async () => {
    await installNodePackages();
    await build();
  });
}
