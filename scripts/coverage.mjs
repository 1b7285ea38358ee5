// npm run coverage [-- jest arguments]: the lines of code of packages/*/src that tests run, by room. As `npm test`, and slower.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeBuiltLeftovers } from "./setup/built-leftovers.mjs";
import { ensureBuilt } from "./setup/ensure.mjs";
import { repoRoot, setupDir } from "./setup/paths.mjs";
import { SetupError, say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";

/** Each process of a test leaves megabytes: they are taken in while the tests run. */
const HARVEST_EVERY_MS = 5_000;

const folder = join(setupDir, "coverage");
const processes = join(folder, "processes");
const ofJest = join(folder, "coverage-final.json");
const uncovered = join(folder, "uncovered.txt");

const OPTIONS = [
  "--coverage",
  "--coverageProvider=v8",
  "--collectCoverageFrom=packages/*/dist/**/*.js",
  "--coverageReporters=json",
  `--coverageDirectory=${folder}`,
];

function runTests(args) {
  const child = spawn(process.execPath, [join(repoRoot, "scripts", "test.mjs"), ...OPTIONS, ...args], {
    stdio: "inherit",
    // Commands, servers and workers that tests start are processes of their own: Node writes what they ran.
    env: { ...process.env, NODE_V8_COVERAGE: processes },
  });
  return new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
}

await runScript(async () => {
  await ensureBuilt();
  // Jest reads the source of every built file at its end.
  removeBuiltLeftovers();
  stopWithNpm();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(processes, { recursive: true });
  const { ProcessCoverage } = await import("./test/process-coverage.mjs");
  const { listUncovered, tableOfRooms } = await import("./test/coverage-table.mjs");
  const { onlyCode } = await import("./test/code-lines.mjs");
  const coverage = new ProcessCoverage(processes);
  const timer = setInterval(() => coverage.harvest(), HARVEST_EVERY_MS);
  const code = await runTests(process.argv.slice(2));
  clearInterval(timer);
  if (!existsSync(ofJest)) throw new SetupError("jest counted no lines: see above what ended it");
  const lines = onlyCode(await coverage.lines(JSON.parse(readFileSync(ofJest, "utf8"))));
  rmSync(processes, { recursive: true, force: true });
  const table = `${tableOfRooms(lines)}\n`;
  process.stdout.write(table);
  writeFileSync(join(folder, "rooms.md"), table);
  writeFileSync(uncovered, listUncovered(lines));
  say(`lines that no test ran: ${uncovered}`);
  process.exitCode = code;
});
