import { build, buildIsReady } from "./build.mjs";
import { installNodePackages, nodePackagesAreReady } from "./node-packages.mjs";
import { pythonDir, repoRoot } from "./paths.mjs";
import { installPython, pythonIsReady } from "./python-environment.mjs";
import { SetupError, say } from "./run-command.mjs";
import { withSetupLock } from "./setup-lock.mjs";

const LEAST_NODE = 20;
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

/** Runs a script's work from the repository's root; what cannot be set up is one line and exit code 1. */
export async function runScript(work) {
  // npm says where the user stands; without it that is the working folder itself.
  if (!process.env.INIT_CWD || process.cwd() !== repoRoot) process.env.INIT_CWD = process.cwd();
  process.chdir(repoRoot);
  // A reader that has seen enough (`| head`) is not a failure.
  process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

export function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < LEAST_NODE)
    throw new SetupError(`Node ${LEAST_NODE} or newer is needed, this is ${process.versions.node}`);
}
