import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";

const MAIN = resolve(__dirname, "../../dist/cola.js");

/** Runs a line of shell with the command as `$COLA`; `PIPESTATUS` is the shell's own. */
function inShell(line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, COLAML_LOG_FILE: "", COLA: `${process.execPath} ${MAIN}` };
  return new Promise((done) => {
    execFile("bash", ["--norc", "-c", line], { cwd: tmpdir(), env }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe("a command whose reader has gone", () => {
  it.each(["--help", "train --help", "predict --help", "config", "config --json"])(
    "ends quietly and with its own exit code: %s",
    async (args) => {
      expect(await inShell(`$COLA ${args} | true; exit $\{PIPESTATUS[0]}`)).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
    },
  );

  it("keeps the exit code of its failure if nobody reads stderr", async () => {
    const { code } = await inShell(`$COLA no-such-command 2>&1 | true; exit $\{PIPESTATUS[0]}`);
    expect(code).toBe(2);
  });

  (existsSync("/dev/full") ? it : it.skip)("reports a full disk in one line, with exit code 1", async () => {
    const { code, stderr } = await inShell("$COLA config > /dev/full");
    expect([code, stderr]).toEqual([
      1,
      "cola: cannot write to stdout: ENOSPC: no space left on device, write\n",
    ]);
  });
});
