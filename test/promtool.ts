import { spawnSync } from "node:child_process";

/** Found or unpacked by `npm test`; a single test file takes the one on PATH. */
const program = process.env["COLAML_PROMTOOL"] ?? "promtool";

/** A test that needs promtool: skipped, and counted as such, if there is none. */
export const byPromtool: jest.It = spawnSync(program, ["--version"]).status === 0 ? it : it.skip;

/** All that promtool prints. */
export function promtool(args: readonly string[], input = ""): string {
  const { error, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  if (error) throw error;
  return stdout + stderr;
}
