import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
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

  const onLinux = process.platform === "linux" ? it : it.skip;
  onLinux(
    "on a disk that was full is written again when there is room, and says how many lines are missing",
    () => {
      let now = 0;
      // Each write to it finds the disk full.
      symlinkSync("/dev/full", path);
      const log = openLogFile(
        path,
        (message) => reported.push(message),
        8_000,
        () => now,
      );
      for (const line of lines(0, 5)) log.write(line);
      now += 31_000;
      log.write(lines(5, 6)[0]!);
      rmSync(path);
      now += 31_000;
      for (const line of lines(6, 8)) log.write(line);
      log.end();
      expect(contentOf("cola.log").replace(/^\S+ - /, "")).toBe(
        `WARN - 6 lines could not be written here\n${lines(6, 8).join("")}`,
      );
      expect(reported).toEqual([expect.stringMatching(/^no log file .*cola\.log: .*ENOSPC/)]);
    },
  );

  onLinux("or a console on a full disk ends no process", () => {
    const dist = (name: string) => JSON.stringify(require.resolve(`@colaml/shared/${name}`));
    const script = `const { createLogger } = require(${dist("logging/logger")});
      const { resolveConfig } = require(${dist("settings/resolve-config")});
      const logger = createLogger({ service: "t", logging: { ...resolveConfig().logging, file: "/dev/full" } });
      logger.info("one");
      setTimeout(() => { logger.info("two"); setTimeout(() => console.log("lives"), 20); }, 20);`;
    const { status, stdout } = spawnSync(process.execPath, ["-e", script], {
      stdio: ["ignore", "pipe", openSync("/dev/full", "w")],
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, "lives\n"]);
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
