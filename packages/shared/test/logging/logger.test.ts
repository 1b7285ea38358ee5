import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLimitedLog } from "@colaml/shared/logging/limited-log";
import { createLogger, type Logger } from "@colaml/shared/logging/logger";
import { redactText, safeField } from "@colaml/shared/logging/redaction";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "colaml-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a process logs, as its stderr and its file hold it; stdout must stay empty. */
function logged(statements: string, logging: { level: string; format: string }) {
  const file = join(folder, "errores_entrenamiento.log");
  const script = `
    const { createLogger } = require("@colaml/shared/logging/logger");
    const log = createLogger({ service: "trainer", logging: ${JSON.stringify({ ...logging, file })} });
    ${statements}
    log.close();`;
  const captured = join(folder, "stderr");
  const stdout = execFileSync("/bin/sh", [
    "-c",
    'exec "$0" -e "$1" 2>"$2"',
    process.execPath,
    script,
    captured,
  ]);
  expect(stdout.toString()).toBe("");
  return { console: readFileSync(captured, "utf8"), file: readFileSync(file, "utf8") };
}

const hostile = JSON.stringify('bad\r\n{"level":"error","message":"forged"}\u001b[31m\u202e red\u2028');

describe("the logger", () => {
  it("writes timestamp, level and message to the file at DEBUG and only its level to the console", () => {
    const { console: shown, file } = logged(
      'log.debug("fine detail"); log.info("published", { version: 3 });',
      {
        level: "info",
        format: "text",
      },
    );
    const lines = file.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z - DEBUG - trainer fine detail$/);
    expect(lines[1]).toMatch(/Z - INFO - trainer published \{"version":3\}$/);
    expect(shown).toMatch(/^\d\d:\d\d:\d\d INFO trainer published version=3\n$/);
  });

  it("puts the job's id on every line of a child", () => {
    const { console: shown, file } = logged('log.child({ jobId: "train-7" }).warn("late");', {
      level: "info",
      format: "json",
    });
    const { version: release } = require("../../../../package.json") as { version: string };
    expect(JSON.parse(shown)).toMatchObject({ level: "warn", jobId: "train-7", message: "late", release });
    expect(file).toContain("[job train-7] late");
  });

  it.each(["text", "json"])("keeps hostile text on one line without control characters (%s)", (format) => {
    const { console: shown, file } = logged(
      `log.child({ jobId: ${hostile} }).error(${hostile}, { field: ${hostile}, [${hostile}]: 1 });`,
      { level: "info", format },
    );
    for (const text of [shown, file]) {
      expect(text.split("\n")).toHaveLength(2);
      expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
    }
    if (format === "json") expect(JSON.parse(shown).level).toBe("error");
  });

  it("hides secrets by name and in URLs, also inside errors and their causes", () => {
    const { console: shown, file } = logged(
      `const error = Object.assign(new Error("GET http://u:canary@h/x?key=canary failed"), {
         code: "ERR", config: { headers: { Authorization: "Bearer canary" } } });
       log.error("failed: redis://:canary@h:1/0", { password: "canary", nested: { webhookSecret: "canary",
         list: [{ authorization: "canary" }] }, error, header: "Authorization: Bearer canary" });`,
      { level: "info", format: "json" },
    );
    expect(shown + file).not.toContain("canary");
    expect(shown).toContain("redis://***@h:1/0");
    expect(JSON.parse(shown).error).toEqual({ code: "ERR", message: "GET http://***@h/x failed" });
  });

  it("does without a file it cannot open, and reports it once", () => {
    const script = `
      const { createLogger } = require("@colaml/shared/logging/logger");
      const log = createLogger({ service: "s", logging: { level: "info", format: "text", file: process.argv[1] } });
      log.info("one"); log.info("two");`;
    const shown = execFileSync("/bin/sh", [
      "-c",
      'exec "$0" -e "$1" "$2" 2>&1',
      process.execPath,
      script,
      folder,
    ])
      .toString()
      .trimEnd()
      .split("\n");
    expect(shown).toHaveLength(3);
    expect(shown[0]).toMatch(/WARN s no log file .*EISDIR/);
    expect(shown[2]).toMatch(/two$/);
  });
});

describe("redaction", () => {
  it.each([
    ["rediss://user:p%40ss@cache.example:6380/0", "rediss://***@cache.example:6380/0"],
    ["see https://h/p?token=abc and http://h2", "see https://h/p and http://h2"],
    ["http://me:pa/ss?w#d@h:5000/x", "http://***@h:5000/x"],
    ["http://h:5000/models/m@champion", "http://h:5000/models/m@champion"],
    ["mail a@b.example is text", "mail a@b.example is text"],
    ["Basic dXNlcjpwYXNz", "Basic ***"],
  ])("turns %j into %j", (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it("bounds what one field may hold", () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } }, list: Array(1_000).fill(0), text: "x".repeat(10_000) };
    expect(JSON.stringify(safeField("field", deep)).length).toBeLessThan(3_000);
  });
});

describe("a limited log", () => {
  it("says a line once an interval and counts what it left out", () => {
    const lines: unknown[] = [];
    let now = 0;
    const logger = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    const limited = createLimitedLog(logger, 1_000, () => now);
    for (now = 0; now < 2_500; now += 500) limited.warn("Redis is away");
    limited.warn("another");
    expect(lines).toEqual([
      ["Redis is away", undefined],
      ["Redis is away", { repeated: 1 }],
      ["Redis is away", { repeated: 1 }],
      ["another", undefined],
    ]);
    expect(limited.suppressed).toBe(2);
  });
});

it("a logger without a file can be closed", async () => {
  const logger = createLogger({
    service: "s",
    logging: { maxMb: 64, level: "error", format: "text", file: "" },
  });
  await expect(logger.close()).resolves.toBeUndefined();
});
