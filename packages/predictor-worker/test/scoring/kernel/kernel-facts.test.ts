import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Kernel } from "@colaml/predictor-worker/scoring/kernel/kernel";
import * as facts from "@colaml/predictor-worker/scoring/kernel/kernel-facts";

const root = join(__dirname, "../../../../..");
const factsFile = "packages/predictor-worker/src/scoring/kernel/kernel-facts.ts";

describe("what TypeScript knows of the kernel", () => {
  it("is what the kernel's sources say", () => {
    expect(() =>
      execFileSync("node", [join(root, "scripts/kernel-facts.mjs"), "--check"], { stdio: "pipe" }),
    ).not.toThrow();
  });

  it("has the constants of the compiled kernel", () => {
    const compiled = new Kernel().exports as unknown as Record<string, { value: number | bigint }>;
    const values = Object.keys(facts).map((name) => [name, compiled[name]?.value]);
    expect(Object.fromEntries(values)).toEqual({ ...facts });
  });

  it("names every variable of the compiled kernel, a bigint if it is one there", () => {
    const { memory, ...compiled } = new Kernel().exports as unknown as Record<string, object>;
    const globals = Object.entries(compiled).filter(([name, it]) => "value" in it && !(name in facts));
    const wide = (value: unknown) => (typeof value === "bigint" ? "bigint" : "number");
    const written = readFileSync(join(root, factsFile), "utf8").matchAll(/^ {2}(\w+): Variable<(\w+)>;$/gm);
    expect(Object.fromEntries([...written].map(([, name, type]) => [name, type]))).toEqual(
      Object.fromEntries(globals.map(([name, it]) => [name, wide((it as { value: unknown }).value)])),
    );
  });
});
