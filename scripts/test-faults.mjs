// npm run test:faults [-- --minutes 5 --seed N --older REV]: jobs of every kind while everything fails in turn. Prints
// what was struck, what became of the jobs and how long it took to get on; exit code 1 if a promise was broken.
// --older names a commit of this repository (default: the last tag) whose workers run beside those of this checkout.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureSetup } from "./setup/ensure.mjs";
import { pythonDir, repoRoot, setupDir } from "./setup/paths.mjs";
import { SetupError, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";

const git = (...args) => spawnSync("git", args, { cwd: repoRoot, encoding: "utf8" });

function readOptions() {
  const options = {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    older: { type: "string" },
  };
  const { values } = parseArgs({ options });
  for (const name of ["minutes", "seed"]) {
    if (!(Number(values[name]) > 0))
      throw new SetupError(`--${name} ${values[name]}: a number above 0 is needed`);
  }
  return values;
}

/** The older release, built in a work tree of its own that stays for the next time. */
function buildOlder(revision) {
  const commit = git("rev-parse", "--verify", `${revision}^{commit}`).stdout.trim();
  if (commit === "") throw new SetupError(`--older ${revision}: git knows no such commit`);
  const folder = join(setupDir, "older", commit.slice(0, 12));
  if (!existsSync(folder)) {
    const added = git("worktree", "add", "--detach", folder, commit);
    if (added.status !== 0) throw new SetupError(`git worktree add: ${added.stderr.trim()}`);
  }
  say(`building ${revision} (${commit.slice(0, 12)}) in ${folder}`);
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: folder, stdio: ["ignore", 2, 2] });
  if (built.status !== 0) throw new SetupError(`${revision} could not be built`);
  return folder;
}

function olderRelease({ older }) {
  const revision = older ?? git("describe", "--tags", "--abbrev=0").stdout?.trim();
  if (revision) return buildOlder(revision);
  say("there is no tag, so no older release runs: name a commit by --older REV");
  return "";
}

await runScript(async () => {
  const options = readOptions();
  await ensureSetup([]);
  const older = olderRelease(options);
  const folder = mkdtempSync(join(tmpdir(), "colaml-faults-report-"));
  const report = join(folder, "report.txt");
  const args = ["--runTestsByPath", "test/faults/faults.test.ts", "--forceExit", "--reporters=default"];
  const { status } = spawnSync(process.execPath, [join(repoRoot, "node_modules/jest/bin/jest.js"), ...args], {
    cwd: repoRoot,
    env: {
      ...process.env,
      COLAML_TEST_SERVERS: "0",
      COLAML_PYTHON: process.env.COLAML_PYTHON ?? join(pythonDir, "bin", "python"),
      COLAML_FAULTS_MINUTES: options.minutes,
      COLAML_FAULTS_SEED: options.seed,
      COLAML_FAULTS_OLDER: older,
      COLAML_FAULTS_REPORT: report,
    },
    stdio: ["ignore", 2, 2],
  });
  if (existsSync(report)) process.stdout.write(readFileSync(report, "utf8"));
  rmSync(folder, { recursive: true });
  process.exitCode = status === 0 ? 0 : 1;
});
