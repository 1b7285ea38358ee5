import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepNewest } from "@colaml/shared/files/keep-newest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cola-newest-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Files f0, f1, ..., each written a second after the one before. */
function fill(count: number): void {
  for (let i = 0; i < count; i++) {
    const path = join(folder, `f${i}`);
    writeFileSync(path, "x");
    utimesSync(path, 1_000 + i, 1_000 + i);
  }
}

describe("a folder that keeps the newest", () => {
  it("loses the oldest, by the time they were written", async () => {
    fill(14);
    expect(await keepNewest(folder, 10)).toBe(4);
    expect(readdirSync(folder).sort()).toEqual([
      "f10",
      "f11",
      "f12",
      "f13",
      "f4",
      "f5",
      "f6",
      "f7",
      "f8",
      "f9",
    ]);
  });

  it("is left alone until a tenth more is in it", async () => {
    fill(11);
    expect(await keepNewest(folder, 10)).toBe(0);
  });

  it("keeps hidden entries and those that may not go, and folders go with what is in them", async () => {
    fill(14);
    writeFileSync(join(folder, ".being-written"), "");
    mkdirSync(join(folder, "old"));
    writeFileSync(join(folder, "old", "inner"), "");
    utimesSync(join(folder, "old"), 1, 1);
    expect(await keepNewest(folder, 10, async (name) => name !== "f0")).toBe(4);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([".being-written", "f0", "f4"]));
    expect(readdirSync(folder)).not.toContain("old");
  });

  it("may be absent", async () => {
    expect(await keepNewest(join(folder, "none"), 10)).toBe(0);
  });
});
