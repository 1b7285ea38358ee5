// npm run bench -- monitor [--rows 1000000]: one check of predicted rows, its time and peak memory, beside evidently's
// text drift of the same file (by the Python of COLAML_PYTHON_EVIDENTLY, which scripts/bench.mjs makes).
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeWindow } from "./window-files.mjs";

const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
const rows = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), "colaml-bench-monitor-"));
const run = (command, args) =>
  JSON.parse(execFileSync(command, args, { encoding: "utf8" }).trim().split("\n").at(-1));

try {
  console.error(`writing ${rows.toLocaleString("en")} predicted rows`);
  const { predictions, labels } = await makeWindow(folder, rows);
  const ours = join(import.meta.dirname, "ours.mjs");
  const table = [
    ["ColaML: quality, estimate, drift, report", run(process.execPath, [ours, predictions, labels, folder])],
    ["ColaML: the same without labels", run(process.execPath, [ours, predictions, "", folder])],
  ];
  const python = process.env.COLAML_PYTHON_EVIDENTLY;
  if (!python) throw new Error("start it by `npm run bench -- monitor`: it makes the Python environment");
  const theirs = run(python, [join(import.meta.dirname, "evidently_drift.py"), predictions]);
  table.push([`evidently ${theirs.version}: only text drift`, theirs]);
  console.log("| what | rows | seconds | CPU seconds | peak memory, MB |\n|---|---|---|---|---|");
  for (const [what, { seconds, cpuSeconds, peakMb, rows: read }] of table) {
    console.log(
      `| ${what} | ${read} | ${seconds.toFixed(1)} | ${cpuSeconds.toFixed(1)} | ${peakMb.toFixed(0)} |`,
    );
  }
  const [[, mine]] = table;
  const ratio = (key) => (theirs[key] / mine[key]).toFixed(1);
  console.log(
    `\nevidently takes ${ratio("seconds")} times the seconds and ${ratio("peakMb")} times the memory of ours with everything`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
