// npm run bench -- quality [--file FILE:TEXT_COLUMN:LABEL_COLUMN]... [--rows 5000,20000] [--only-ours] [--tune] [--trials 20]
//   [--seed 42]
// The presets seed and best, and with --tune a search, beside scikit-learn's linear models of the same features (LinearSVC
// of C = 1; the best of several, chosen on validation rows) and CatBoost with the seed's settings: test accuracy,
// macro-F1, seconds, CPU seconds and peak memory on the same rows, one process after the other; at the end of it
// Markdown tables with the files side by side. The seconds of a preset, of scikit-learn and of CatBoost are those of
// training and measuring, without starting a process.
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { contestants } from "./contestants.mjs";
import { filesOf } from "./files.mjs";

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    file: { type: "string", multiple: true, default: [] },
    rows: { type: "string" },
    "only-ours": { type: "boolean", default: false },
    tune: { type: "boolean", default: false },
    trials: { type: "string", default: "20" },
    seed: { type: "string", default: "42" },
  },
});
const python = process.env.COLAML_PYTHON_BENCH;
if (!python) throw new Error("start it by `npm run bench -- quality`: it makes the Python environment");

const COLUMNS = [
  ["accuracy", "accuracy", 4],
  ["macro-F1", "macroF1", 4],
  ["seconds", "seconds", 1],
  ["CPU s", "cpuSeconds", 1],
  ["peak MB", "peakMb", 0],
];
const line = (cells) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(10))).join(""));

/** What a contestant reached on a file; undefined if it failed, which is printed. */
async function resultOf(contestant, { path, text, label }) {
  const [command, args] = contestant.command(path, text, label, values.seed);
  try {
    const { stdout } = await run(command, args, { maxBuffer: 1 << 22 });
    const result = JSON.parse(stdout.trim().split("\n").at(-1));
    line([`  ${contestant.name}`, ...COLUMNS.map(([, key, digits]) => result[key]?.toFixed(digits) ?? "-")]);
    return result;
  } catch (error) {
    const reason = String(error.stderr || error.message);
    console.log(`  ${contestant.name}: failed: ${reason.trim().split("\n").at(-1)}`);
    return undefined;
  }
}

/** One measure of all files and contestants as a Markdown table. */
function table([title, key, digits], names, rows) {
  const cells = (row) => `| ${row.join(" | ")} |`;
  console.log(`\n${title}\n`);
  console.log(cells(["file", ...names]));
  console.log(cells(["---", ...names.map(() => "---")]));
  for (const { file, results } of rows)
    console.log(cells([file, ...results.map((result) => result?.[key]?.toFixed(digits) ?? "failed")]));
}

const all = contestants(python, !values["only-ours"], values.tune ? Number(values.trials) : 0);
const rows = [];
for (const file of await filesOf(values.file, values.rows)) {
  line([`\n${file.name}`, ...COLUMNS.map(([title]) => title)]);
  const results = [];
  for (const contestant of all) results.push(await resultOf(contestant, file));
  const [best, peer] = ["preset best", "scikit-learn LinearSVC"].map(
    (wanted) => results[all.findIndex(({ name }) => name === wanted)],
  );
  if (best && peer)
    line(["  best / LinearSVC", ...COLUMNS.map(([, key]) => (best[key] / peer[key]).toFixed(3))]);
  rows.push({ file: file.name, results });
}
for (const column of COLUMNS)
  table(
    column,
    all.map(({ name }) => name),
    rows,
  );
