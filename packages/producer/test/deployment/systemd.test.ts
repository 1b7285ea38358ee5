import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SETTINGS } from "@colaml/shared/settings/resolve-config";

const root = resolve(__dirname, "../../../..");
const folder = resolve(root, "deploy/systemd");
const units = readdirSync(folder).filter((name) => name.endsWith(".service"));
const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

describe("the systemd units", () => {
  it.each(units)("%s runs a program that is there, without rights", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const [, program] = /^ExecStart=\/usr\/bin\/env node (\S+)$/m.exec(text)!;
    expect(existsSync(resolve(root, program!.replace("/dist/", "/src/").replace(/\.js$/, ".ts")))).toBe(true);
    for (const line of [
      "User=colaml",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "CapabilityBoundingSet=",
    ])
      expect(text.split("\n")).toContain(line);
  });

  it("take settings that exist from one file", () => {
    const text = readFileSync(join(folder, "colaml.env.example"), "utf8");
    const known = SETTINGS.map(({ env }) => env);
    const used = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });

  (hasSystemd ? it : it.skip)("pass systemd-analyze verify", async () => {
    const copies = mkdtempSync(join(tmpdir(), "colaml-units-"));
    const paths = units.map((name) => join(copies, name));
    await Promise.all(units.map((name, i) => copyFile(join(folder, name), paths[i]!)));
    expect(() => execFileSync("systemd-analyze", ["verify", ...paths], { stdio: "pipe" })).not.toThrow();
    rmSync(copies, { recursive: true });
  });
});
