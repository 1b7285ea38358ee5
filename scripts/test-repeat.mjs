// npm run test:repeat -- [N] [jest arguments]: `npm test` N times (10), then the tests that did not end alike each time.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { repoRoot, setupDir } from "./setup/paths.mjs";
import { say } from "./setup/run-command.mjs";
import { runScript } from "./setup/run-script.mjs";
import { stopWithNpm } from "./setup/stop-with-npm.mjs";
import { describeRuns } from "./test/flakes.mjs";

const folder = join(setupDir, "repeat");

function runTests(args, results) {
  const child = spawn(process.execPath, [join(repoRoot, "scripts", "test.mjs"), ...args], {
    stdio: "inherit",
    env: { ...process.env, COLAML_TEST_RESULTS: results },
  });
  return new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
}

await runScript(async () => {
  const [first, ...rest] = process.argv.slice(2);
  const counted = /^\d+$/.test(first ?? "");
  const times = counted ? Math.max(1, Number(first)) : 10;
  const args = counted || first === undefined ? rest : [first, ...rest];
  stopWithNpm();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const runs = [];
  for (let i = 1; i <= times; i++) {
    const path = join(folder, `run-${i}.json`);
    const code = await runTests(args, path);
    runs.push({ code, results: existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined });
    say(`run ${i} of ${times}: ${code === 0 ? "passed" : "failed"}`);
  }
  const { lines, failed } = describeRuns(runs, repoRoot);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = failed ? 1 : 0;
});
