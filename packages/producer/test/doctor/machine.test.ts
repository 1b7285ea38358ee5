import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkDiskRoom } from "@colaml/producer/doctor/machine/disk-room";
import { checkFolderRights } from "@colaml/producer/doctor/machine/folder-rights";
import { checkNodeVersion } from "@colaml/producer/doctor/machine/node-version";
import { checkPort } from "@colaml/producer/doctor/machine/port";
import { checkPythonEnvironment } from "@colaml/producer/doctor/machine/python-environment";

const folder = mkdtempSync(join(tmpdir(), "cola-machine-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOBODY = 65_534;

/** As somebody who owns nothing: root may write everywhere. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return work();
  process.seteuid!(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

/** Mounts a small disk, which only root may: nothing otherwise. */
function withDisk(options: string, work: (path: string) => Promise<void>): Promise<void> | undefined {
  const path = mkdtempSync(join(folder, "disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return work(path).finally(() => execFileSync("umount", [path]));
}

describe("a folder", () => {
  it("is ok if it can be read and written, and nothing is left in it", async () => {
    const mine = join(folder, "mine");
    mkdirSync(mine);
    expect(await checkFolderRights("state", mine)).toMatchObject({ state: "ok" });
    expect(readdirSync(mine)).toEqual([]);
    expect(await checkFolderRights("state", join(mine, "a", "b"))).toMatchObject({
      state: "ok",
      message: expect.stringContaining("can be made"),
    });
    expect(readdirSync(mine)).toEqual([]);
  });

  it("of somebody else is a problem, with the command that gives it away", async () => {
    const theirs = join(folder, "theirs");
    mkdirSync(theirs);
    chmodSync(folder, 0o755);
    chmodSync(theirs, 0o555);
    expect(await asNobody(() => checkFolderRights("data", theirs))).toMatchObject({
      check: "data folder",
      state: "problem",
      mend: expect.stringContaining(`'${theirs}'`),
    });
    chmodSync(theirs, 0o755);
  });

  it("is a problem if a file is in its place, and a warning if everybody may write to it", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(await checkFolderRights("state", file)).toMatchObject({ state: "problem" });
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(await checkFolderRights("state", open)).toMatchObject({
      state: "warning",
      mend: `chmod o-w '${open}'`,
    });
  });

  it("on a disk that is full or mounted read-only is a problem with its reason", async () => {
    await withDisk("size=64k", async (path) => {
      try {
        writeFileSync(join(path, "ballast"), Buffer.alloc(1_000_000));
      } catch {
        // it is full now
      }
      expect(await checkFolderRights("state", path)).toMatchObject({
        state: "problem",
        mend: "make room on that disk",
      });
      expect(await checkDiskRoom("state", path)).toMatchObject({
        state: "problem",
        message: expect.stringMatching(/^0 MiB free/),
        mend: expect.stringContaining("COLAML_STATE_DIR"),
      });
    });
    await withDisk("ro", async (path) => {
      expect(await checkFolderRights("data", path)).toMatchObject({
        state: "problem",
        message: expect.stringContaining("EROFS"),
      });
    });
  });
});

it.each([
  [50, "problem"],
  [500, "warning"],
  [5_000, "ok"],
] as const)("%d MiB of room are %s", async (mib, state) => {
  expect(await checkDiskRoom("data", folder, async () => mib * 1_048_576)).toMatchObject({ state });
});

describe("a port", () => {
  const at = (port: number) => ({ name: "API", host: "127.0.0.1", port, variable: "COLAML_PORT" });

  it("is ok if it is free, or if what should be there answers", async () => {
    const api = createServer((_, answer) => answer.end("ok"));
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    const { port } = api.address() as AddressInfo;
    expect(await checkPort(at(port))).toMatchObject({
      state: "ok",
      message: expect.stringContaining("runs there"),
    });
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
    expect(await checkPort(at(port))).toMatchObject({
      state: "ok",
      message: expect.stringContaining("is free"),
    });
  });

  it("is a problem if the API of another folder answers before that of this one runs", async () => {
    const api = createServer((_, answer) => answer.end("ok"));
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    const { port } = api.address() as AddressInfo;
    expect(await checkPort({ ...at(port), notYet: true })).toMatchObject({
      state: "problem",
      message: `port ${port} of 127.0.0.1 is taken by the API of another folder`,
      mend: expect.stringContaining("COLAML_PORT to another port, or to 0"),
    });
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  });

  it("that another program has is a problem, with the setting that names another", async () => {
    const other = createTcpServer((socket) => socket.end("220 something else\r\n"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    expect(await checkPort(at((other.address() as AddressInfo).port))).toMatchObject({
      state: "problem",
      mend: expect.stringContaining("COLAML_PORT"),
    });
    other.close();
  });
});

it("Node 18 is a problem, Node 22 is not", () => {
  expect(checkNodeVersion("18.20.0").state).toBe("problem");
  expect(checkNodeVersion("22.1.0").state).toBe("ok");
});

it("a Python environment that is not there yet will be installed, one without MLflow a problem", async () => {
  expect(await checkPythonEnvironment(join(folder, "none"))).toMatchObject({ state: "ok" });
  const broken = join(folder, "broken", "bin");
  mkdirSync(broken, { recursive: true });
  writeFileSync(
    join(broken, "python"),
    "#!/bin/sh\necho 'No package metadata was found for mlflow' >&2\nexit 1\n",
  );
  chmodSync(join(broken, "python"), 0o755);
  expect(await checkPythonEnvironment(join(folder, "broken"))).toMatchObject({ state: "problem" });
});
