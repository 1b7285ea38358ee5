// npm run test:mutation [-- Stryker's options]: do tests notice when champion rule, drift, split or receipt are altered?
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ensureBuilt } from "./setup/ensure.mjs";
import { npmCommand, npmEnvironment } from "./setup/node-packages.mjs";
import { repoRoot, setupDir } from "./setup/paths.mjs";
import { run, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { isStamped, stamp } from "./setup/stamp.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

/** 65 MB that nothing else needs: a folder of their own, not among the packages of every checkout. 10 needs Node 22. */
const PACKAGES = ["@stryker-mutator/core@9.6.1", "@stryker-mutator/jest-runner@9.6.1"];
const folder = join(setupDir, "stryker");
const stampFile = join(folder, "stamp");

async function install() {
  if (isStamped(stampFile, PACKAGES.join(" "))) return;
  say(`installing ${PACKAGES.join(" and ")}`);
  mkdirSync(folder, { recursive: true });
  const [command, ...first] = npmCommand();
  const options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  await run(command, [...first, "install", "--prefix", folder, ...options, ...PACKAGES], {
    env: npmEnvironment(),
    hint: "check the network and npm's registry setting",
  });
  stamp(stampFile, PACKAGES.join(" "));
}

await runScript(async () => {
  await ensureBuilt();
  stopWithNpm();
  await install();
  const program = join(folder, "node_modules/@stryker-mutator/core/bin/stryker.js");
  const settings = join(repoRoot, "test/mutation/stryker.config.json");
  const child = spawn(process.execPath, [program, "run", settings, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, COLAML_TEST_SERVERS: "0" },
  });
  process.exitCode = await new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
  say(`every mutant: ${join(folder, "mutation.html")}; what survives is explained in docs/mutation.md`);
});
