// npm test [-- jest arguments]: lint, unused code, types, every test against a real Redis and MLflow. Ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "./setup/build.mjs";
import { findChromium } from "./setup/chromium.mjs";
import { ensureInstalled } from "./setup/ensure.mjs";
import { pythonDir, repoRoot, testPythonDir } from "./setup/paths.mjs";
import { findPromtool } from "./setup/promtool.mjs";
import { say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { withSetupLock } from "./setup/setup-lock.mjs";
import { endMarked, markName, stopMarkedWithRun } from "./test/leftover-processes.mjs";
import { checkPromises } from "./test/promises.mjs";

/** Jest has written its results and still does not end: something a test opened is open. */
const EXIT_GRACE_MS = 20_000;

/** Many tests wait for locks to end or servers to come up: on two cores three at a time take less time than two. */
const MIN_WORKERS = 3;

const UNUSED_HINT =
  ": remove what is listed; `npx knip --fix --fix-type exports` takes the word export from what only its file uses";

const mark = randomUUID();
const env = {
  ...process.env,
  [markName]: mark,
  COLAML_PYTHON: join(pythonDir, "bin", "python"),
  COLAML_PYTHON_TEST: join(testPythonDir, "bin", "python"),
};

function start(file, args) {
  const child = spawn(process.execPath, [join(repoRoot, "node_modules", file), ...args], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(signal ? 1 : code)));
  return { child, ended };
}

async function check(name, file, args, hint = "") {
  const passed = (await start(file, args).ended) === 0;
  say(passed ? `PASS ${name}` : `FAIL ${name}${hint}`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1 };
}

async function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), "colaml-jest-"));
  // `npm run test:repeat` keeps them.
  const results = process.env.COLAML_TEST_RESULTS ?? join(folder, "results.json");
  const workers = Math.max(MIN_WORKERS, availableParallelism() - 1);
  const options = ["--ci", `--maxWorkers=${workers}`, "--json", `--outputFile=${results}`, ...args];
  // Without --json on stdout: the reporters speak on stderr, the results go to the file.
  const { child, ended } = start("jest/bin/jest.js", ["--reporters=default", ...options]);
  const hung = killWhenHung(child, results);
  const code = await ended;
  hung.stop();
  try {
    const counts = countsOf(results, code, hung.happened());
    // A run of some tests proves some promises.
    return args.length === 0 ? [counts, checkPromises(results, say)] : [counts];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function killWhenHung(child, results) {
  let happened = false;
  let since;
  const timer = setInterval(() => {
    since ??= existsSync(results) ? Date.now() : undefined;
    if (since === undefined || Date.now() - since < EXIT_GRACE_MS) return;
    happened = true;
    child.kill("SIGKILL");
  }, 500);
  return { stop: () => clearInterval(timer), happened: () => happened };
}

function countsOf(results, code, hung) {
  if (!existsSync(results)) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(results, "utf8"),
  );
  if (numPendingTests > 0) say(`${numPendingTests} skipped (what they need is not here)`);
  if (hung) say("FAIL a test left something open: jest did not end by itself");
  const failed = numFailedTests + numRuntimeErrorTestSuites + (hung ? 1 : 0);
  // Jest fails too when a pattern matches no test or its set-up throws.
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}

/** What a test started and did not stop is a failure, and is ended here. */
async function leftovers() {
  const names = await endMarked(mark);
  for (const name of names) say(`FAIL a test left a process behind: ${name}`);
  return { passed: names.length === 0 ? 1 : 0, failed: names.length };
}

await runScript(async () => {
  stopMarkedWithRun(mark);
  await ensureInstalled([[testPythonDir, "requirements-test.txt"]]);
  const lint = await check("lint", "@biomejs/biome/bin/biome", ["check", "."]);
  const types = await withSetupLock(() => check("types", "typescript/bin/tsc", ["-b"]));
  // After the types: what tests import is found by way of the built files.
  const unused = await check("unused", "knip/bin/knip.js", ["--no-progress"], UNUSED_HINT);
  const counts = [lint, types, unused];
  // Finds all of it built and notes that, so that tests of the scripts find nothing to set up.
  if (types.failed === 0) await withSetupLock(build);
  const chromium = types.failed === 0 ? await withSetupLock(findChromium) : undefined;
  if (chromium) env.COLAML_CHROMIUM = chromium;
  const promtool = types.failed === 0 ? await withSetupLock(findPromtool) : undefined;
  if (promtool) env.COLAML_PROMTOOL = promtool;
  if (types.failed === 0) counts.push(...(await jest(process.argv.slice(2))), await leftovers());
  const total = (key) => counts.reduce((sum, count) => sum + count[key], 0);
  process.exitCode = total("failed") === 0 ? 0 : 1;
  // stdout and stderr may be one terminal or one log: the last line comes when all else is out.
  process.stdout.write(`${total("passed")} passed, ${total("failed")} failed\n`);
});
