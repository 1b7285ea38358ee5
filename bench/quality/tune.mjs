// Our search of a file by `cola tune`, with servers of its own. Prints one JSON line; memory is of several processes and
// is not measured.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const [path, text, label] = process.argv.slice(2);
const state = mkdtempSync(join(tmpdir(), "colaml-bench-tune-"));
const started = performance.now();
const columns = ["--text-column", text, "--label-column", label, "--min-class-rows", "1"];
const { stdout, stderr, status } = spawnSync(
  process.execPath,
  [join(root, "scripts/cola.mjs"), "tune", path, ...columns, "--metric", "accuracy_score", "--json", "-q"],
  { env: { ...process.env, COLAML_STATE_DIR: state }, encoding: "utf8", maxBuffer: 1 << 26 },
);
rmSync(state, { recursive: true, force: true });
if (status !== 0) {
  console.error(stderr.trim().split("\n").at(-1));
  process.exit(1);
}
const { test } = JSON.parse(stdout).metrics;
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ accuracy: test.accuracy_score, macroF1: test.macro_f1, seconds }));
