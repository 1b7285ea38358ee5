// Compiles the packages and the predictor's kernel, if they changed.
import { build } from "./setup/build.mjs";
import { runScript } from "./setup/ensure.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

await runScript(() => withSetupLock(build));
