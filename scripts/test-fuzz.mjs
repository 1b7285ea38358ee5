// npm run test:fuzz -- [--minutes N] [--seed N] [file ...]: cases that nobody thought of, for N minutes in all. See CONTRIBUTING.md.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./setup/build.mjs";
import { ensureInstalled } from "./setup/ensure.mjs";
import { pythonDir, repoRoot, testPythonDir } from "./setup/paths.mjs";
import { SetupError } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";

function argumentsGiven() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { minutes: { type: "string", default: "10" }, seed: { type: "string" } },
    });
  } catch (error) {
    throw new SetupError(`${error.message}: --minutes, --seed and names of files in test/fuzz are allowed`);
  }
}

function numberOf(name, given, allowed) {
  const value = Number(given);
  if (given.trim() !== "" && value >= allowed.from && value <= allowed.to) return value;
  throw new SetupError(
    `--${name} is ${JSON.stringify(given)}: allowed is a number from ${allowed.from} to ${allowed.to}`,
  );
}

await runScript(async () => {
  const { values, positionals } = argumentsGiven();
  const minutes = numberOf("minutes", values.minutes, { from: 0.1, to: 10_000 });
  if (values.seed !== undefined) numberOf("seed", values.seed, { from: -(2 ** 31), to: 2 ** 31 - 1 });
  await ensureInstalled([[testPythonDir, "requirements-test.txt"]]);
  await withSetupLock(build);
  const files = positionals.length === 0 ? ["test/fuzz"] : positionals.map((name) => `test/fuzz/${name}`);
  // no property ends by itself before its time, and all of them may be in one file
  const limit = String((minutes + 10) * 60_000);
  const child = spawn(
    process.execPath,
    [join(repoRoot, "node_modules/jest/bin/jest.js"), "--runInBand", "--testTimeout", limit, ...files],
    {
      cwd: repoRoot,
      stdio: "inherit",
      env: {
        ...process.env,
        COLAML_TEST_SERVERS: "0",
        COLAML_PYTHON: join(pythonDir, "bin", "python"),
        COLAML_PYTHON_TEST: join(testPythonDir, "bin", "python"),
        COLAML_FUZZ_MINUTES: String(minutes),
        ...(values.seed !== undefined && { COLAML_FUZZ_SEED: values.seed }),
      },
    },
  );
  process.exitCode = await new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
});
