/**
 * npm run audit: known holes in what is shipped, by the registries' own auditors. Each part ends with one line.
 *
 *   npm run audit -- node --registry URL    only one part (node, python), another registry for the Node packages
 *
 * Exit code 0: none is known. 1: there are some, or a registry did not answer: what was not audited does not pass.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, npmEnvironment, pnpmVersion } from "./setup/node-packages.mjs";
import { auditPythonDir, pythonDir, repoRoot } from "./setup/paths.mjs";
import { installPython } from "./setup/python-environment.mjs";
import { SetupError, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

/** What auditors print if they could not look, as opposed to what they found. */
const NOT_AUDITED = /ERR_PNPM_\w+|could not be audited|ConnectionError|ServiceError|HTTPError|ENOTFOUND/;

const PARTS = {
  node: { what: "Node packages of the lockfile, severity high and above", audit: auditNode },
  python: { what: "Python packages that embedded servers need", audit: auditPython },
};

async function auditNode(options) {
  const [command, ...first] = npmCommand();
  const audit = ["audit", "--prod", "--audit-level", "high", ...options];
  return show(command, [...first, "exec", "--yes", pnpmVersion(), "--", ...audit]);
}

/** The installed environment: what MLflow needs counts as well. */
async function auditPython() {
  await withSetupLock(async () => {
    await installPython(pythonDir, "requirements.txt");
    await installPython(auditPythonDir, "requirements-audit.txt");
  });
  const lib = join(pythonDir, "lib");
  const packages = join(lib, readdirSync(lib)[0], "site-packages");
  const options = ["--strict", "--progress-spinner", "off", "--path", packages];
  return show(join(auditPythonDir, "bin", "pip-audit"), options);
}

/** Runs an auditor and passes on what it prints. */
function show(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: repoRoot,
      env: npmEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
        process.stderr.write(text);
      });
    child.once("error", (error) => reject(new SetupError(`cannot run ${command}: ${error.message}`)));
    child.once("close", (code) => resolve({ passed: code === 0, output }));
  });
}

await runScript(async () => {
  const [named, ...options] = process.argv.slice(2);
  const parts = named === undefined ? Object.keys(PARTS) : [named];
  for (const part of parts) {
    const chosen = PARTS[part];
    if (chosen === undefined) throw new SetupError(`${part}: use ${Object.keys(PARTS).join(" or ")}`);
    const { passed, output } = await chosen.audit(options);
    const found = NOT_AUDITED.test(output) ? "NOT AUDITED, its registry gave no answer" : "FAIL, see above";
    say(`${part} (${chosen.what}): ${passed ? "PASS, no known hole" : found}`);
    if (!passed) process.exitCode = 1;
  }
});
