import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CheckHistory } from "@colaml/shared/outputs/check-history";

let folder: string;
let reported: string[];
let history: CheckHistory;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "history-"));
  reported = [];
  history = new CheckHistory(folder, (line) => reported.push(line));
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = () => join(folder, "monitor", "m", "history.ndjson");
const check = (id: string) => ({
  id,
  at: "2026-01-02T03:04:05.000Z",
  modelVersion: "1",
  rows: 10,
  n: 10,
  verdict: "ok",
});
const numbers = async () => (await history.read("m")).map(({ id, number }) => `${id} ${number}`);
/** As a power cut leaves it: the file ends within its last line. */
const cutOff = (bytes: number) => truncateSync(path(), readFileSync(path()).length - bytes);

describe("the history of checks", () => {
  it("numbers checks from 1, and a job that runs again keeps its number", async () => {
    for (const id of ["a", "b", "a", "c"]) await history.append("m", check(id));
    expect(await numbers()).toEqual(["a 1", "b 2", "c 3"]);
    expect(reported).toEqual([]);
  });

  it("keeps the check after a line that was cut off: the new one begins a line, and the lost one counts", async () => {
    await history.append("m", check("a"));
    await history.append("m", check("b"));
    cutOff(5);
    expect(await numbers()).toEqual(["a 1"]);
    expect(await history.append("m", check("c"))).toBe(3);
    expect(await history.append("m", check("d"))).toBe(4);
    expect(await numbers()).toEqual(["a 1", "c 3", "d 4"]);
    expect(reported).toEqual([expect.stringMatching(/history\.ndjson: its last check was cut off/)]);
  });

  it("takes a last line that lacks nothing but its line end for whole", async () => {
    await history.append("m", check("a"));
    cutOff(1);
    expect(await history.append("m", check("b"))).toBe(2);
    expect(await numbers()).toEqual(["a 1", "b 2"]);
    expect(reported).toEqual([]);
  });

  it("reads past lines that are no checks", async () => {
    await history.append("m", check("a"));
    appendFileSync(path(), "null\n7\n{\n\0\0\0\0\n");
    expect(await history.append("m", check("b"))).toBe(6);
    expect(await numbers()).toEqual(["a 1", "b 6"]);
  });

  it("of many checks is cut to the newest thousand, and goes on counting", async () => {
    await history.append("m", check("a"));
    const lines = Array.from({ length: 2_000 }, (_, i) =>
      JSON.stringify({ ...check(`c${i}`), number: i + 2 }),
    );
    appendFileSync(path(), `${lines.join("\n")}\n`);
    expect(await history.append("m", check("next"))).toBe(2_002);
    const kept = readFileSync(path(), "utf8").trimEnd().split("\n");
    expect(kept).toHaveLength(1_001);
    expect(JSON.parse(kept[0]!)).toMatchObject({ id: "c1000" });
    expect((await numbers()).slice(-2)).toEqual(["c1999 2001", "next 2002"]);
    expect(reported).toEqual([]);
  });

  it("reads what an older release wrote, without numbers", async () => {
    await history.append("m", check("a"));
    appendFileSync(path(), `${JSON.stringify(check("b"))}\n`);
    expect((await history.read("m")).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(await history.append("m", check("c"))).toBe(2);
  });
});
