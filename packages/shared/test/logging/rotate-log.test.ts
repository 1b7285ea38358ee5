import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotateLog } from "@colaml/shared/logging/rotate-log";

const folder = mkdtempSync(join(tmpdir(), "cola-log-"));
const path = join(folder, "cola.log");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("renames a log that is large, and leaves a small one", () => {
  writeFileSync(path, "1234");
  rotateLog(path, 5);
  expect(existsSync(`${path}.1`)).toBe(false);
  rotateLog(path, 4);
  expect([existsSync(path), readFileSync(`${path}.1`, "utf8")]).toEqual([false, "1234"]);
});

it("keeps two files of a log: the third replaces the first", () => {
  writeFileSync(path, "56789");
  rotateLog(path, 4);
  expect([existsSync(path), readFileSync(`${path}.1`, "utf8")]).toEqual([false, "56789"]);
});

it.each([-3_600, 3_600])("is not held up by a process that died at it, by a clock %s s off", (offS) => {
  const log = join(folder, `died${offS}.log`);
  writeFileSync(log, "1234");
  writeFileSync(`${log}.rotating`, "");
  const at = Date.now() / 1_000 + offS;
  utimesSync(`${log}.rotating`, at, at);
  rotateLog(log, 4);
  rotateLog(log, 4);
  expect([existsSync(log), readFileSync(`${log}.1`, "utf8")]).toEqual([false, "1234"]);
});

it("does nothing to what is absent or not a file", () => {
  rotateLog(path, 0);
  rotateLog(folder, 0);
  expect(existsSync(`${folder}.1`)).toBe(false);
});
