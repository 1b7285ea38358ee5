import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(__dirname, "..");

/** The value of an expression over scripts/test/mutants.mjs, an ES module outside of the packages. */
async function evaluated(expression: string, given: unknown): Promise<unknown> {
  const call = `import * as mutants from "./test/mutants.mjs";
    const { compareSurvivors, explainedIn, misplaced, survivorsOf } = mutants;
    const given = ${JSON.stringify(given)};
    process.stdout.write(JSON.stringify(${expression}))`;
  const options = { cwd: join(root, "scripts"), maxBuffer: 1 << 24 };
  const done = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", call], options);
  return JSON.parse(done.stdout);
}

interface Explained {
  file: string;
  code: string;
  mutant: string;
  reason: string;
}

it("every survivor that docs/mutation.md explains names a file, code that stands there, and a reason", async () => {
  const page = readFileSync(join(root, "docs/mutation.md"), "utf8");
  const explained = (await evaluated("explainedIn(given)", page)) as Explained[];
  expect(explained.length).toBeGreaterThan(0);
  const paths = [...new Set(explained.map(({ file }) => file))].filter((path) =>
    existsSync(join(root, path)),
  );
  const texts = Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  expect(await evaluated("misplaced(explainedIn(given.page), given.texts)", { page, texts })).toEqual([]);
  expect(explained.filter(({ mutant, reason }) => mutant === "" || reason.length < 20)).toEqual([]);
});

it("a survivor is compared with the page's table by file, code and mutant, without regard to spaces", async () => {
  const page = [
    "| file | code | mutant | why |",
    "| --- | --- | --- | --- |",
    "| `packages/a.ts` | `a \\|\\| b` | `true` | both are the same |",
    "| `packages/a.ts` | `{ if (a) … }` | `{}` | nothing to do |",
    "| `packages/b.ts` | `x` | `y` | no longer so |",
  ].join("\n");
  const source = "const c = a ||\n  b;\n{\n  if (a)\n    go();\n}\n";
  const at = (startLine: number, startColumn: number, endLine: number, endColumn: number) => ({
    start: { line: startLine, column: startColumn },
    end: { line: endLine, column: endColumn },
  });
  const mutants = [
    { status: "Survived", location: at(1, 11, 2, 4), replacement: "true" },
    { status: "Survived", location: at(1, 11, 2, 4), replacement: "false" },
    { status: "Killed", location: at(1, 11, 2, 4), replacement: "a && b" },
    { status: "NoCoverage", location: at(3, 1, 6, 2), replacement: "{}" },
  ];
  const report = {
    files: { "packages/a.ts": { source, mutants }, "packages/b.ts": { source, mutants: [] } },
  };
  const compared = await evaluated(
    "compareSurvivors(survivorsOf(given.report), explainedIn(given.page), given.files)",
    { report, page, files: ["packages/a.ts", "packages/b.ts"] },
  );
  expect(compared).toEqual({
    unexplained: [{ file: "packages/a.ts", line: 1, code: "a || b", mutant: "false" }],
    outdated: [{ file: "packages/b.ts", code: "x", mutant: "y", reason: "no longer so" }],
  });
  const gone = await evaluated("misplaced(explainedIn(given.page), given.texts)", {
    page,
    texts: { "packages/a.ts": source },
  });
  expect(gone).toEqual([expect.objectContaining({ file: "packages/b.ts" })]);
});
