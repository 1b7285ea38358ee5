import { spawnSync } from "node:child_process";
import { join } from "node:path";

describe("the exports of the packages", () => {
  it("list what other packages, benchmarks and scripts import, and nothing else", () => {
    const script = join(__dirname, "..", "scripts", "exports.mjs");
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
