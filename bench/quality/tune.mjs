// Our search of a file by `cola tune`, with servers of its own. Prints one JSON line: seconds and CPU seconds are those of
// the command with its servers (Redis, MLflow, two trainers), which by themselves take about 15 CPU seconds to start and
// stop; memory is that of the largest process.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const [python, path, text, label, trials] = process.argv.slice(2);
const state = mkdtempSync(join(tmpdir(), "colaml-bench-tune-"));
const columns = ["--text-column", text, "--label-column", label, "--min-class-rows", "1"];
const search = ["--trials", trials, "--metric", "accuracy_score", "--json", "-q"];
const { stdout, stderr, status } = spawnSync(
  python,
  [
    join(import.meta.dirname, "usage.py"),
    process.execPath,
    join(root, "scripts/cola.mjs"),
    "tune",
    path,
    ...columns,
    ...search,
  ],
  { env: { ...process.env, COLAML_STATE_DIR: state }, encoding: "utf8", maxBuffer: 1 << 26 },
);
rmSync(state, { recursive: true, force: true });
if (status !== 0) {
  console.error(stderr.trim().split("\n").at(-1));
  process.exit(1);
}
const [result, usage] = stdout
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));
const { test } = result.metrics;
const booster = result.best.settings.booster;
console.log(
  JSON.stringify({
    accuracy: test.accuracy_score,
    macroF1: test.macro_f1,
    ...usage,
    booster,
    trials: result.trials,
  }),
);
