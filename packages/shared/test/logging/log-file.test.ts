import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLogFile } from "@colaml/shared/logging/log-file";
import { copyAndCutLog } from "@colaml/shared/logging/rotate-log";

let folder: string;
let path: string;
const reported: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cola-log-file-"));
  path = join(folder, "cola.log");
  reported.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (maxBytes: number) => openLogFile(path, (message) => reported.push(message), maxBytes);
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `line ${String(from + i).padStart(5, "0")}\n`);
const contentOf = (name: string) => readFileSync(join(folder, name), "utf8");

describe("a log file", () => {
  it("makes room for a new one while its process runs, and never takes more than two files", () => {
    const log = open(8_000);
    for (const line of lines(0, 5_000)) log.write(line);
    expect(readdirSync(folder).sort()).toEqual(["cola.log", "cola.log.1"]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThan(9_100);
    // what is kept is the end, without a gap
    const kept = contentOf("cola.log.1") + contentOf("cola.log");
    expect(kept.endsWith(lines(4_999, 5_000)[0]!)).toBe(true);
    expect(kept).toBe(lines(5_000 - kept.length / 11, 5_000).join(""));
    expect(reported).toEqual([]);
  });

  it("of several processes loses no line of the newest that fit", () => {
    const [one, two] = [open(8_000), open(8_000)];
    for (const [i, line] of lines(0, 3_000).entries()) (i % 2 === 0 ? one : two).write(line);
    const kept = contentOf("cola.log.1") + contentOf("cola.log");
    expect(kept.split("\n").filter(Boolean).sort().at(-1)).toBe("line 02999");
    expect(kept.length).toBeGreaterThan(8_000);
    expect(new Set(kept.split("\n")).size).toBe(kept.split("\n").length);
  });

  it("begins anew if somebody else has renamed it", () => {
    const log = open(80_000);
    for (const line of lines(0, 10)) log.write(line);
    renameSync(path, join(folder, "moved"));
    for (const line of lines(10, 2_000)) log.write(line);
    expect(contentOf("moved") + contentOf("cola.log")).toBe(lines(0, 2_000).join(""));
  });

  it("is rotated again after a process died while it rotated", () => {
    const lock = join(folder, "cola.log.rotating");
    writeFileSync(lock, "");
    const longAgo = Date.now() / 1000 - 3_600;
    utimesSync(lock, longAgo, longAgo);
    const log = open(8_000);
    for (const line of lines(0, 3_000)) log.write(line);
    expect(existsSync(lock)).toBe(false);
    expect(statSync(path).size).toBeLessThan(9_100);
  });

  it("that another process has open is copied, and cut", () => {
    writeFileSync(path, "12345");
    copyAndCutLog(path, 6);
    expect(existsSync(`${path}.1`)).toBe(false);
    copyAndCutLog(path, 5);
    expect([contentOf("cola.log"), contentOf("cola.log.1")]).toEqual(["", "12345"]);
  });
});
