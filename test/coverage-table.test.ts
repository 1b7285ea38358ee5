import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(__dirname, "..");

/** A function of scripts/test/coverage-table.mjs, an ES module outside of the packages, on lines by path. */
async function made(
  what: "tableOfRooms" | "listUncovered",
  files: Record<string, number[]>,
): Promise<string> {
  const counts = Object.entries(files).map(([path, runs]) => [
    join(root, path),
    Object.fromEntries(runs.map((count, i) => [i + 1, count])),
  ]);
  const call = `import { ${what} } from "./test/coverage-table.mjs";
    process.stdout.write(${what}(new Map(${JSON.stringify(counts)})))`;
  const options = { cwd: join(root, "scripts") };
  return (await promisify(execFile)(process.execPath, ["--input-type=module", "-e", call], options)).stdout;
}

const files = {
  "packages/shared/src/mlflow/client.ts": [1, 0, 0, 2, 0],
  "packages/shared/src/mlflow/runs.ts": [5, 5, 5],
  "packages/shared/src/learning/text/tokenizer.ts": [1, 1, 1, 0],
  "packages/producer/src/main.ts": [0, 0],
};

it("the table of coverage has a row per room, the least run first, and adds up", async () => {
  expect((await made("tableOfRooms", files)).split("\n").slice(2)).toEqual([
    "| producer | 1 | 2 | 2 | 0.0% |",
    "| shared/mlflow | 2 | 8 | 3 | 62.5% |",
    "| shared/learning/text | 1 | 4 | 1 | 75.0% |",
    "| all | 4 | 14 | 6 | 57.1% |",
  ]);
});

it("the lines that no test ran are listed by file, in ranges, the most first", async () => {
  expect((await made("listUncovered", files)).split("\n")).toEqual([
    "packages/shared/src/mlflow/client.ts: 2-3, 5",
    "packages/producer/src/main.ts: 1-2",
    "packages/shared/src/learning/text/tokenizer.ts: 4",
    "",
  ]);
});
