import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const licences = (...args: string[]) =>
  execFileSync(process.execPath, ["scripts/licences.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: "pipe",
  });

describe("security point 17: what is shipped", () => {
  it("has known licences only, and docs/licences.md lists it", () => {
    licences("--check");
  });

  it("is printed as a bill of materials", () => {
    const { bomFormat, components } = JSON.parse(licences("--sbom")) as {
      bomFormat: string;
      components: { name: string; purl: string; licenses: unknown[] }[];
    };
    expect(bomFormat).toBe("CycloneDX");
    expect(components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["bullmq", "fastify", "axios", "ioredis"]),
    );
    for (const { purl, licenses } of components) {
      expect(purl).toMatch(/^pkg:npm\/(%40[^/]+\/)?[^@]+@\d/);
      expect(licenses).toHaveLength(1);
    }
  });

  it("is what the lockfile says, installed without running a script of a package", () => {
    expect(readFileSync(join(root, "pnpm-workspace.yaml"), "utf8")).toMatch(/^ignoreScripts: true$/m);
    const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
    const entries = lockfile.match(/^ {4}resolution: .*$/gm)!;
    expect(entries.length).toBeGreaterThan(100);
    for (const entry of entries) expect(entry).toContain("integrity: sha512-");
  });
});
