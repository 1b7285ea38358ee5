import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeFolders } from "@colaml/shared/files/make-folders";

const folder = mkdtempSync(join(tmpdir(), "make-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("making folders", () => {
  it("makes all that are missing, with the mode, and leaves those that are there", async () => {
    const path = join(folder, "a", "b", "c");
    await makeFolders(path, 0o700);
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o700);
    await makeFolders(path, 0o755);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await makeFolders("/");
  });

  it("follows a link to a folder, and is done by several at a time", async () => {
    await makeFolders(join(folder, "real"));
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const path = join(folder, "link", "x", "y");
    await Promise.all(Array.from({ length: 8 }, () => makeFolders(path)));
    expect(statSync(join(folder, "real", "x", "y")).isDirectory()).toBe(true);
  });

  it("says what the system says if a file is in the way", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(makeFolders(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
    await expect(makeFolders(join(folder, "file", "x", "y"))).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  it("ends if a folder that exists has no place for the name: Node's own spins for ever", async () => {
    if (process.platform !== "linux") return;
    // In a process of its own: what spins would hold the test.
    const script = `require(${JSON.stringify(require.resolve("@colaml/shared/files/durable-file"))})
      .makeFolder("/proc/colaml/state").catch((error) => console.log(error.code))`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    expect(stdout.trim()).toBe("OUTPUT_UNWRITABLE");
  });
});
