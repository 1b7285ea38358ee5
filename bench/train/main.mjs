// npm run bench -- train [--rows 100000,1000000] [--file FILE.csv]
// Ours beside the Python original (pandas, scikit-learn, CatBoost) on the same generated file, one after the other,
// each in a process of its own: wall clock from start to exit, CPU, peak resident memory, quality on the same split.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const require = createRequire(join(root, "packages/shared/package.json"));
const { writeSyntheticTweets } = require("./dist/learning/data/synthetic-tweets.js");
const run = promisify(execFile);

const { values } = parseArgs({
  options: { rows: { type: "string", default: "100000,1000000" }, file: { type: "string" } },
});

async function measured(command, args) {
  const started = performance.now();
  const { stdout } = await run(command, args, { maxBuffer: 1 << 20 });
  const result = JSON.parse(stdout.trim().split("\n").at(-1));
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

async function generated(rows) {
  const folder = join(root, ".colaml", "bench");
  const path = join(folder, `tweets-${rows}.csv`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  process.stderr.write(`generating ${rows} rows\n`);
  await writeSyntheticTweets(`${path}.new`, rows, 42);
  await rename(`${path}.new`, path);
  return path;
}

const python = process.env.COLAML_PYTHON_BENCH;
if (!python) throw new Error("start it by `npm run bench -- train`: it makes the Python environment");

const COLUMNS = [
  ["wall s", "seconds", 1],
  ["CPU s", "cpuSeconds", 1],
  ["peak MB", "peakMb", 0],
  ["accuracy", "accuracy", 4],
  ["F1", "f1", 4],
  ["ROC AUC", "rocAuc", 4],
];
const line = (cells) =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(10))).join(""));

async function compare(path) {
  process.stderr.write(`training on ${path}\n`);
  const original = await measured(python, [join(import.meta.dirname, "original.py"), path]);
  const ours = await measured(process.execPath, [join(import.meta.dirname, "ours.mjs"), path]);
  console.log(`\n${ours.rows} rows (Python read ${original.rows})`);
  line(["", ...COLUMNS.map(([name]) => name)]);
  for (const [name, result] of [
    ["Python (sklearn + CatBoost)", original],
    ["ColaML", ours],
  ]) {
    line([name, ...COLUMNS.map(([, key, digits]) => result[key].toFixed(digits))]);
  }
  line(["ColaML / Python", ...COLUMNS.map(([, key]) => (ours[key] / original[key]).toFixed(3))]);
}

if (values.file) await compare(resolve(values.file));
else for (const rows of values.rows.split(",").map(Number)) await compare(await generated(rows));
