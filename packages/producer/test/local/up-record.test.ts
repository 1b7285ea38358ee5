import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOf } from "@colaml/producer/local/process-identity";
import { findUp, removeUpRecord, writeUpRecord } from "@colaml/producer/local/up-record";

const folder = mkdtempSync(join(tmpdir(), "up-record-"));
const alive = createServer((_request, response) => response.end("{}"));
const reported: string[] = [];
const report = (line: string) => void reported.push(line);
let record: Parameters<typeof writeUpRecord>[1];

beforeAll(async () => {
  await new Promise<void>((resolve) => alive.listen(0, "127.0.0.1", resolve));
  const { port } = alive.address() as AddressInfo;
  record = {
    pid: process.pid,
    redisUrl: "redis://127.0.0.1:1",
    mlflowUri: "http://127.0.0.1:2",
    apiUrl: `http://127.0.0.1:${port}`,
    startedAt: "2026-01-01T00:00:00.000Z",
  };
});
afterAll(() => {
  alive.close();
  rmSync(folder, { recursive: true });
});

describe("the record of a running `cola up`", () => {
  it("is found while its process lives and answers, readable only by its owner", async () => {
    await writeUpRecord(folder, record);
    expect(statSync(join(folder, "up.json")).mode & 0o777).toBe(0o600);
    expect(await findUp(folder, report)).toEqual(record);
  });

  it.each([
    ["whose process is gone", { pid: 2 ** 22 + 1 }],
    ["whose process id belongs to another program now", { start: "1" }],
    ["of an earlier release whose API does not answer", { apiUrl: "http://127.0.0.1:9" }],
  ])("%s counts as none and is removed", async (_what, change) => {
    await writeUpRecord(folder, { ...record, ...change });
    expect(await findUp(folder, report)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is used while its process is frozen and answers nothing, which is reported", async () => {
    const frozen = { ...record, apiUrl: "http://127.0.0.1:9", start: startOf(process.pid) };
    await writeUpRecord(folder, frozen);
    expect(await findUp(folder, report)).toEqual(frozen);
    expect(reported.splice(0)).toEqual([expect.stringContaining(`(process ${process.pid}) does not answer`)]);
    await removeUpRecord(folder, process.pid, report);
  });

  it("that is cut off or no record counts as none, is kept aside and reported", async () => {
    for (const text of ["", "{", "null", "[]", '{"pid": "1"}', JSON.stringify({ ...record, pid: 0 })]) {
      writeFileSync(join(folder, "up.json"), text);
      expect(await findUp(folder, report)).toBeUndefined();
      expect(reported.splice(0)).toEqual([
        expect.stringMatching(/up\.json cannot be read .*up\.json\.unreadable/),
      ]);
    }
  });

  it("is left alone by another process that ends", async () => {
    await writeUpRecord(folder, record);
    await removeUpRecord(folder, record.pid + 1, report);
    expect(await findUp(folder, report)).toEqual(record);
  });
});
