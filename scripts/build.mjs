// Compiles the packages and the predictor's kernel, if they changed; in a fresh clone it installs the Node packages first.
import { build } from "./setup/build.mjs";
import { checkNode, runScript } from "./setup/ensure.mjs";
import { installNodePackages } from "./setup/node-packages.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

await runScript(async () => {
  checkNode();
  await withSetupLock(async () => {
    await installNodePackages();
    await build();
  });
});
