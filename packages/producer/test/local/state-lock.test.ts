import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findServers, lockState } from "@colaml/producer/local/state-lock";

const folder = mkdtempSync(join(tmpdir(), "state-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the lock of a state folder", () => {
  it.each([
    ["process 0, which is a group of processes and always lives", { ownerPid: 0, childPids: [] }],
    ["a group of processes", { ownerPid: -1, childPids: [] }],
    ["servers of which one is a group of processes", { ownerPid: 2 ** 22 + 1, childPids: [-1] }],
    ["no process, for it is not a record", "not a record"],
    ["servers that are no processes", { ownerPid: 2 ** 22 + 1, childPids: ["1"] }],
  ])("that names %s counts as none and is taken over", async (_what, record) => {
    writeFileSync(join(folder, "servers.lock"), JSON.stringify(record));
    const reported: string[] = [];
    const report = (line: string) => void reported.push(line);
    expect(findServers(folder, report)).toBeUndefined();
    const lock = await lockState(folder, report);
    lock.release();
    expect(reported[0]).toMatch(/servers\.lock cannot be read .* and counts as absent/);
  });
});
