// npm run bench -- chars [--file FILE.csv] [--rows 40000] [--words 20000] [--characters 50000] [--rounds 3]
// Rows per second of words and characters: scikit-learn's vectorizers and LinearSVC on texts in memory, beside ours with
// the same vectorizers from CSV bytes to CSV bytes. One process each, turn by turn; the best round of each counts.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createScorer } from "./ours.mjs";

const root = resolve(import.meta.dirname, "../..");
const require = createRequire(join(root, "packages/shared/package.json"));
const { writeSyntheticTweets } = require("./dist/learning/data/synthetic-tweets.js");

const { values } = parseArgs({
  options: {
    file: { type: "string" },
    rows: { type: "string", default: "40000" },
    words: { type: "string", default: "20000" },
    characters: { type: "string", default: "50000" },
    rounds: { type: "string", default: "3" },
  },
});
const python = process.env.COLAML_PYTHON_BENCH;
if (!python) throw new Error("start it by `npm run bench -- chars`: it makes the Python environment");

async function generated() {
  const folder = join(root, ".colaml", "bench");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `tweets-chars-${values.rows}.csv`);
  await writeSyntheticTweets(path, Number(values.rows), 42);
  return path;
}

/** The Python process, asked line by line. */
async function startPython(file, folder) {
  const args = [join(import.meta.dirname, "original.py"), file, folder, values.words, values.characters];
  const child = spawn(python, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("Python ended");
    return JSON.parse(value);
  };
  const ready = await answer();
  return {
    ready,
    ask() {
      child.stdin.write("\n");
      return answer();
    },
    end: () => child.stdin.end(),
  };
}

const folder = await mkdtemp(join(tmpdir(), "colaml-chars-"));
try {
  const original = await startPython(values.file ? resolve(values.file) : await generated(), folder);
  const score = createScorer(
    JSON.parse(await readFile(join(folder, "fitted.json"), "utf8")),
    await readFile(join(folder, "rows.csv")),
  );
  const best = { original: 0, ours: 0 };
  let entries = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    const theirs = await original.ask();
    const own = score();
    if (theirs.rows !== own.rows) throw new Error(`Python scored ${theirs.rows} rows, we ${own.rows}`);
    best.original = Math.max(best.original, theirs.rows / theirs.seconds);
    best.ours = Math.max(best.ours, own.rows / own.seconds);
    entries = theirs.entries / theirs.rows;
  }
  original.end();
  const { rows, features } = original.ready;
  console.log(`${rows} rows, ${features} features, ${entries.toFixed(0)} of them in a row`);
  console.log(`scikit-learn  ${best.original.toFixed(0).padStart(9)} rows/s`);
  console.log(`ColaML        ${best.ours.toFixed(0).padStart(9)} rows/s`);
  console.log(`ColaML / scikit-learn ${(best.ours / best.original).toFixed(1)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
