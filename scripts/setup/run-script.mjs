import { isOwnCheckout, repoRoot } from "./paths.mjs";
import { SetupError, say } from "./run-command.mjs";

const LEAST_NODE = 20;

/**
 * Runs a script's work, from the repository's root if it is a checkout that may be written to; what cannot be set up
 * or was called wrongly, is one line and exit code 1.
 */
export async function runScript(work) {
  // npm says where the user stands; without it that is the working folder itself.
  if (!process.env.INIT_CWD || process.cwd() !== repoRoot) process.env.INIT_CWD = process.cwd();
  process.chdir(isOwnCheckout ? repoRoot : process.env.INIT_CWD);
  // A reader that has seen enough (`| head`) is not a failure.
  process.stdout.on("error", (error) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await work();
  } catch (error) {
    // parseArgs names the option and what is wrong with it.
    const isOfUser = error instanceof SetupError || error.code?.startsWith("ERR_PARSE_ARGS_");
    if (!isOfUser) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/** @throws SetupError */
export function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < LEAST_NODE)
    throw new SetupError(`Node ${LEAST_NODE} or newer is needed, this is ${process.versions.node}`);
}
