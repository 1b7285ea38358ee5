import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const root = resolve(__dirname, "..");

/** What scripts/test/code-lines.mjs, an ES module outside of the packages, leaves of counts of every line. */
async function linesLeft(path: string): Promise<number[]> {
  const lines = readFileSync(path, "utf8").split("\n");
  const counts = [[path, Object.fromEntries(lines.map((_, i) => [i + 1, 0]))]];
  const call = `import { onlyCode } from "./test/code-lines.mjs";
    process.stdout.write(JSON.stringify([...onlyCode(new Map(${JSON.stringify(counts)}))]))`;
  const options = { cwd: join(root, "scripts") };
  const done = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", call], options);
  return Object.keys(JSON.parse(done.stdout)[0][1]).map(Number);
}

it("coverage counts lines of code, and none of types, comments or empty ones", async () => {
  const path = join(root, "packages/monitor-worker/src/alerts/alert-state.ts");
  const texts = readFileSync(path, "utf8").split("\n");
  const left = (await linesLeft(path)).map((line) => texts[line - 1]!.trim());
  expect(left).toContain("if (!breached) return recover(state, now);");
  expect(left).toContain("export const QUIET: RuleState = { breaches: 0 };");
  // members of an interface, a parameter's type, comments
  expect(left.filter((text) => /^(breaches: number;|export interface|\*|\/\*|\/\/|$)/.test(text))).toEqual(
    [],
  );
});
