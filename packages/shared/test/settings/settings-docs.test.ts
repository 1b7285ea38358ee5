import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../../../..");

it("keeps docs/configuration.md and .env.example equal to the schema", () => {
  expect(() =>
    execFileSync("node", [join(root, "scripts/settings-docs.mjs"), "--check"], { stdio: "pipe" }),
  ).not.toThrow();
});
