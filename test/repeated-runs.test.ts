import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(__dirname, "..");

/** `describeRuns` of scripts/test/flakes.mjs, an ES module outside of the packages, by a Node of its own. */
async function described(runs: object[]): Promise<{ lines: string[]; failed: boolean }> {
  const call = `import { describeRuns } from "./test/flakes.mjs";
    process.stdout.write(JSON.stringify(describeRuns(${JSON.stringify(runs)}, "/repository")))`;
  const options = { cwd: join(root, "scripts") };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", call],
    options,
  );
  return JSON.parse(stdout) as { lines: string[]; failed: boolean };
}

const outcome = (title: string, status: string, ...failureMessages: string[]) => ({
  ancestorTitles: ["a batch"],
  title,
  status,
  failureMessages,
});
const results = (...assertionResults: object[]) => ({
  testResults: [{ name: "/repository/test/batch.test.ts", status: "passed", assertionResults }],
});

describe("the report of repeated runs", () => {
  it("says so if all of them passed, and does not count what was skipped", async () => {
    const run = { code: 0, results: results(outcome("resumes", "passed"), outcome("is drawn", "pending")) };
    expect(await described([run, run])).toEqual({
      failed: false,
      lines: ["2 runs: 2 passed, 0 failed; 1 tests, 0 of them flaky"],
    });
  });

  it("names flaky tests by file, title, runs and reason, before those that always failed", async () => {
    const wrong = outcome("adds up", "failed", "Error: 3 is not 4\n    at x");
    const late = outcome("resumes", "failed", "\u001b[31mError: no answer\u001b[39m\n    at y");
    const { lines, failed } = await described([
      { code: 1, results: results(outcome("resumes", "passed"), wrong) },
      { code: 1, results: results(late, wrong) },
      { code: 1, results: results(outcome("resumes", "passed"), wrong) },
    ]);
    expect(failed).toBe(true);
    expect(lines).toEqual([
      "3 runs: 0 passed, 3 failed; 2 tests, 1 of them flaky",
      'flaky 1 of 3 times (run 2): test/batch.test.ts "a batch resumes"',
      "  Error: no answer",
      'failed 3 of 3 times (run 1, 2, 3): test/batch.test.ts "a batch adds up"',
      "  Error: 3 is not 4",
    ]);
  });

  it("names a file that could not be run, and runs that failed although no test did", async () => {
    const [file] = results().testResults;
    const broken = { ...file, status: "failed", message: "Cannot find module 'x'\n", assertionResults: [] };
    const { lines } = await described([
      { code: 1, results: { testResults: [broken] } },
      { code: 1, results: results(outcome("resumes", "passed")) },
      { code: 1 },
    ]);
    expect(lines).toEqual([
      "3 runs: 0 passed, 3 failed; 2 tests, 0 of them flaky",
      "failed 1 of 1 times (run 1): test/batch.test.ts",
      "  Cannot find module 'x'",
      "no test failed in run 2, 3: see what it printed",
    ]);
  });
});
