import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoopEntry, LoopStore } from "@colaml/monitor-worker/loop/loop-state";

const entry: LoopEntry = {
  incident: "i",
  rule: "quality",
  queue: "train",
  jobId: "t-1",
  startedAt: "2026-01-02T03:04:05.000Z",
  status: "training",
  before: { version: "3", accuracy: 0.8 },
  checks: 0,
  watchChecks: 3,
  experiment: "e",
  untold: [],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loop-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ["emptied by a power cut", ""],
  ["cut off", '[{"incident": "i"'],
  ["of another shape", '{"v": 1}'],
  ["of a time that is none, of which no brake would hold", JSON.stringify([{ ...entry, startedAt: "soon" }])],
])(
  "a state of the closed loop that is %s counts as none, is kept aside and reported",
  async (_what, text) => {
    const reported: string[] = [];
    const store = new LoopStore(folder, (line) => reported.push(line));
    await store.write("m", [entry]);
    expect(await store.read("m")).toEqual([entry]);
    writeFileSync(join(folder, "monitor", "m", "loop.json"), text);
    expect(await store.read("m")).toEqual([]);
    await store.write("m", [entry]);
    expect(await store.read("m")).toEqual([entry]);
    expect(reported).toEqual([expect.stringMatching(/loop\.json cannot be read .*loop\.json\.unreadable/)]);
    expect(readdirSync(join(folder, "monitor", "m")).sort()).toEqual(["loop.json", "loop.json.unreadable"]);
  },
);
