// The files of the quality benchmark: generated ones, the real one if it is there, and those of the command line.
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const require = createRequire(join(root, "packages/shared/package.json"));
const { writeSyntheticTweets } = require("./dist/learning/data/synthetic-tweets.js");

const GENERATED_ROWS = [5_000, 20_000];
/** Real tweets, if somebody has them: they are not part of the repository. */
const REAL = process.env.COLAML_TEST_DATA ?? resolve(root, "../shared/data/twcs-5k.csv");

async function generated(rows) {
  const folder = join(root, ".colaml", "bench");
  const path = join(folder, `tweets-${rows}.csv`);
  if (!existsSync(path)) {
    await mkdir(folder, { recursive: true });
    await writeSyntheticTweets(`${path}.new`, rows, 42);
    await rename(`${path}.new`, path);
  }
  return { name: `generated, ${rows} rows`, path, text: "text", label: "inbound" };
}

/** `path:text:label` as the command line gives it. */
function given(argument) {
  const [label, text, ...path] = argument.split(":").reverse();
  if (path.length === 0) throw new Error(`--file ${argument}: it must be FILE:TEXT_COLUMN:LABEL_COLUMN`);
  const file = resolve(process.env.INIT_CWD ?? ".", path.reverse().join(":"));
  return { name: basename(file), path: file, text, label };
}

export async function filesOf(files, rows) {
  const own = files.map(given);
  if (own.length > 0 && rows === undefined) return own;
  const counts = rows?.split(",").map(Number) ?? GENERATED_ROWS;
  const made = [];
  for (const count of counts) made.push(await generated(count));
  const real = existsSync(REAL) ? [{ name: basename(REAL), path: REAL, text: "text", label: "inbound" }] : [];
  return [...made, ...real, ...own];
}
