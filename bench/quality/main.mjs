// npm run bench -- quality [--file FILE:TEXT_COLUMN:LABEL_COLUMN]... [--rows 5000,20000] [--only-ours] [--tune]
// The presets seed and best beside scikit-learn's linear models of the same features (LinearSVC of C = 1; the best of
// several, chosen on validation rows) and CatBoost with the seed's settings: test accuracy, macro-F1, seconds and peak
// memory on the same rows, one process after the other.
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
  },
});
const python = process.env.COLAML_PYTHON_BENCH;
if (!python) throw new Error("start it by `npm run bench -- quality`: it makes the Python environment");

const COLUMNS = [
  ["accuracy", "accuracy", 4],
  ["macro-F1", "macroF1", 4],
  ["seconds", "seconds", 1],
  ["peak MB", "peakMb", 0],
];
const line = (cells) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(10))).join(""));

for (const { name, path, text, label } of await filesOf(values.file, values.rows)) {
  line([`\n${name}`, ...COLUMNS.map(([title]) => title)]);
  for (const contestant of contestants(python, !values["only-ours"], values.tune)) {
    const [command, args] = contestant.command(path, text, label);
    try {
      const { stdout } = await run(command, args, { maxBuffer: 1 << 22 });
      const result = JSON.parse(stdout.trim().split("\n").at(-1));
      line([
        `  ${contestant.name}`,
        ...COLUMNS.map(([, key, digits]) => result[key]?.toFixed(digits) ?? "-"),
      ]);
    } catch (error) {
      console.log(
        `  ${contestant.name}: failed: ${String(error.stderr || error.message)
          .trim()
          .split("\n")
          .at(-1)}`,
      );
    }
  }
}
