import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFLICTING_LABELS, NO_LABEL } from "@colaml/monitor-worker/labels/label-index";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { mergeDeliveries } from "@colaml/monitor-worker/labels/merge-deliveries";

let stateDir: string;
let folder: string;
let store: LabelStore;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "merge-"));
  folder = join(stateDir, "labels", "m");
  store = new LabelStore(stateDir);
});
afterEach(() => rm(stateDir, { recursive: true }));

type Rows = readonly (readonly [id: string, label: string])[];

function deliver(rows: Rows) {
  const batches = async function* () {
    yield rows.map(([id, label]) => ({ id, label }));
  };
  return store.add("m", batches());
}

async function labelsOf(ids: readonly string[]): Promise<(string | number)[]> {
  const index = await store.load("m");
  index.beginJoin();
  return ids.map((id) => {
    const code = index.meet(id, 1);
    return code >= 0 ? index.names[code]! : code;
  });
}

const IDS = ["a", "b", "c", "d", "e", "f"];
/** c is in conflict and stays so, d was and is not any more, e gets into conflict, f changes twice. */
const DELIVERIES: Rows[] = [
  [
    ["a", "True"],
    ["c", "True"],
    ["c", "False"],
    ["d", "True"],
    ["d", "False"],
    ["f", "1"],
  ],
  [
    ["b", "False"],
    ["d", "True"],
    ["e", "True"],
    ["f", "2"],
  ],
  [
    ["e", "True"],
    ["e", "False"],
    ["f", "1"],
  ],
  [["a", "False"]],
];
const EXPECTED = ["False", "False", CONFLICTING_LABELS, "True", CONFLICTING_LABELS, "1"];

describe("merged deliveries of labels", () => {
  beforeEach(async () => {
    for (const rows of DELIVERIES) await deliver(rows);
  });

  it("say what they said one by one, conflicts included", async () => {
    expect(await labelsOf(IDS)).toEqual(EXPECTED);
    expect(await mergeDeliveries(folder, { from: 4, leftAlone: 1, bytes: 10_000 })).toBe(2);
    expect((await readdir(folder)).map((name) => name.slice(0, 9))).toEqual(["000000003", "000000004"]);
    expect(await labelsOf(IDS)).toEqual(EXPECTED);
    // a later delivery goes on from there
    expect(
      await deliver([
        ["c", "False"],
        ["a", "False"],
      ]),
    ).toMatchObject({ changed: 1, known: 1 });
    expect((await readdir(folder)).at(-1)!.slice(0, 9)).toBe("000000005");
  });

  it("are left as they are while there are few of them, or if they are large", async () => {
    expect(await mergeDeliveries(folder, { from: 5, leftAlone: 1, bytes: 10_000 })).toBe(0);
    expect(await mergeDeliveries(folder, { from: 1, leftAlone: 1, bytes: 30 })).toBe(0);
    expect(await readdir(folder)).toHaveLength(4);
  });

  it("say the same if a kill left those that were merged beside them", async () => {
    const before = new Map<string, Buffer>();
    for (const name of await readdir(folder)) before.set(name, await readFile(join(folder, name)));
    await mergeDeliveries(folder, { from: 4, leftAlone: 1, bytes: 10_000 });
    for (const [name, bytes] of before) await writeFile(join(folder, name), bytes);
    expect(await labelsOf(IDS)).toEqual(EXPECTED);
    await mergeDeliveries(folder, { from: 4, leftAlone: 1, bytes: 10_000 });
    expect(await labelsOf(IDS)).toEqual(EXPECTED);
  });
});

it("a delivery merges older ones when they have become many", async () => {
  await mkdir(folder, { recursive: true });
  for (let i = 1; i <= 63; i++) {
    const lines = `["id${i}","True"]\n["last","${i}"]\n`;
    const name = `${String(i).padStart(9, "0")}-${createHash("sha256").update(lines).digest("hex")}.ndjson`;
    await writeFile(join(folder, name), lines);
  }
  await deliver([["id64", "True"]]);
  // the newest 16 as they came, and one file of the others
  expect(await readdir(folder)).toHaveLength(17);
  expect(await labelsOf(["id1", "id64", "last", "id65"])).toEqual(["True", "True", "63", NO_LABEL]);
});
