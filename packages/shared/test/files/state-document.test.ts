import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDocument, writeDocument } from "@colaml/shared/files/state-document";
import { z } from "zod";

let folder: string;
let path: string;
let reported: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "document-"));
  path = join(folder, "monitor", "m", "state.json");
  reported = [];
});
afterEach(() => rm(folder, { recursive: true }));

const schema = z.object({ count: z.number() });
const read = () => readDocument("serverPorts", path, schema, (message) => reported.push(message));

describe("a document of the state folder", () => {
  it("is read as it was written, in a folder that is made for it", async () => {
    await expect(read()).resolves.toBeUndefined();
    await writeDocument("serverPorts", path, { count: 1 });
    await writeDocument("serverPorts", path, { count: 2 }, 0o600);
    await expect(read()).resolves.toEqual({ count: 2 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, ".."))).toEqual(["state.json"]);
    expect(reported).toEqual([]);
  });

  it.each([
    ["cut off", '{"count": 1'],
    ["empty", ""],
    ["of another shape", '{"count": "many"}'],
  ])("that is %s is kept aside, reported once, and counts as absent", async (_what, text) => {
    await writeDocument("serverPorts", path, { count: 1 });
    writeFileSync(path, text);
    await expect(read()).resolves.toBeUndefined();
    expect(reported).toEqual([expect.stringMatching(/state\.json cannot be read .*state\.json\.unreadable/)]);
    expect(reported[0]).not.toMatch(/\n/);
    expect(readFileSync(`${path}.unreadable`, "utf8")).toBe(text);
    await expect(read()).resolves.toBeUndefined();
    expect(reported).toHaveLength(1);
  });

  it("is kept aside under a new name each time, also if two processes read it at once", async () => {
    for (const text of ["", "{", "["]) {
      await writeDocument("serverPorts", path, { count: 1 });
      writeFileSync(path, text);
      await Promise.all([read(), read()]);
    }
    expect(readdirSync(join(path, "..")).sort()).toEqual([
      "state.json.unreadable",
      "state.json.unreadable-2",
      "state.json.unreadable-3",
    ]);
    expect(new Set(reported).size).toBe(3);
    expect(readFileSync(`${path}.unreadable-3`, "utf8")).toBe("[");
  });

  it("that may not be read is an error, and stays", async () => {
    path = folder;
    await expect(read()).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });
});
