import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CONFLICTING_LABELS,
  LabelIndex,
  NO_LABEL,
  SHARED_ID,
} from "@colaml/monitor-worker/labels/label-index";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "labels-"));
});
afterEach(() => rm(stateDir, { recursive: true }));

async function* batchOf(labels: Record<string, string>) {
  yield Object.entries(labels).map(([id, label]) => ({ id, label }));
}

async function* rowsOf(rows: readonly (readonly [id: string, label: string])[]) {
  yield rows.map(([id, label]) => ({ id, label }));
}

/** The label of each id, or why it has none. */
function labelsOf(index: LabelIndex, ids: string[]): (string | number | undefined)[] {
  index.beginJoin();
  return ids.map((id) => {
    const code = index.meet(id, 1);
    return code >= 0 ? index.names[code] : code === NO_LABEL ? undefined : code;
  });
}

describe("late labels", () => {
  it("are counted once however often they come", async () => {
    const store = new LabelStore(stateDir);
    expect(await store.add("m", batchOf({ a: "True", b: "False" }))).toEqual({
      rows: 2,
      added: 2,
      changed: 0,
      known: 0,
      total: 2,
      ambiguous: { ids: 0, rows: 0, first: [] },
    });
    expect(await store.add("m", batchOf({ b: "False", a: "True" }))).toMatchObject({
      added: 0,
      known: 2,
      total: 2,
    });
    expect(await readdir(join(stateDir, "labels", "m"))).toHaveLength(1);
  });

  it.each(["0", "null", '["b"]', '["b",1]', '["b","True","x"]', '["b","Tr', ""])(
    "are refused with the line that was damaged on the disk, without what stands there: %s",
    async (line) => {
      const store = new LabelStore(stateDir);
      await store.add("m", batchOf({ a: "True", b: "False" }));
      const folder = join(stateDir, "labels", "m");
      const [name] = await readdir(folder);
      await writeFile(join(folder, name!), `["a","True"]\n${line}\n`);
      const refusal = {
        code: "INPUT_UNREADABLE",
        message: `line 2 of ${join(folder, name!)} is damaged: a list of an id and a label is expected; move the file away and send its labels again with \`cola labels\``,
      };
      await expect(store.load("m")).rejects.toMatchObject(refusal);
      await expect(store.add("m", batchOf({ c: "True" }))).rejects.toMatchObject(refusal);
    },
  );

  it("hold as the newest says, each model's own", async () => {
    const store = new LabelStore(stateDir);
    await store.add("m", batchOf({ a: "True", b: "False" }));
    await store.add("m", batchOf({ b: "True", c: "True" }));
    const index = await store.load("m");
    expect(labelsOf(index, ["a", "b", "c", "d"])).toEqual(["True", "True", "True", undefined]);
    expect((await store.load("other")).size).toBe(0);
  });

  it("hold as the newest says, also when it says what an older one said", async () => {
    const store = new LabelStore(stateDir);
    for (const label of ["True", "False", "True"]) await store.add("m", batchOf({ a: label }));
    expect(labelsOf(await store.load("m"), ["a"])).toEqual(["True"]);
  });

  it("are in conflict if one delivery says both, until a later one says which", async () => {
    const store = new LabelStore(stateDir);
    await store.add("m", batchOf({ a: "True", b: "True", c: "True" }));
    const both = [
      ["a", "True"],
      ["b", "False"],
      ["b", "False"],
      ["b", "True"],
      ["d", "True"],
      ["d", "False"],
      ["c", "False"],
    ] as const;
    const stored = {
      rows: 7,
      added: 0,
      changed: 1,
      known: 1,
      total: 4,
      ambiguous: { ids: 2, rows: 5, first: ["b", "d"] },
    };
    expect(await store.add("m", rowsOf(both))).toEqual(stored);
    expect(labelsOf(await store.load("m"), ["a", "b", "c", "d"])).toEqual([
      "True",
      CONFLICTING_LABELS,
      "False",
      CONFLICTING_LABELS,
    ]);
    expect(await store.add("m", rowsOf(both))).toEqual({ ...stored, changed: 0, known: 2 });
    expect(await readdir(join(stateDir, "labels", "m"))).toHaveLength(2);
    expect(await store.add("m", batchOf({ b: "False" }))).toMatchObject({
      changed: 1,
      ambiguous: { ids: 0 },
    });
    expect(labelsOf(await store.load("m"), ["b", "d"])).toEqual(["False", CONFLICTING_LABELS]);
  });

  it("are read as the release before stored them, when the last of two rows of an id had won", async () => {
    const folder = join(stateDir, "labels", "m");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, `000000001-${"0".repeat(64)}.ndjson`),
      '["a","True"]\n["b","True"]\n["b","False"]\n',
    );
    await writeFile(join(folder, `000000002-${"1".repeat(64)}.ndjson`), '["a","False"]\n');
    expect(labelsOf(await new LabelStore(stateDir).load("m"), ["a", "b"])).toEqual([
      "False",
      CONFLICTING_LABELS,
    ]);
  });

  it("leave nothing behind when the source fails", async () => {
    const store = new LabelStore(stateDir);
    async function* broken() {
      yield [{ id: "a", label: "True" }];
      throw new Error("cut off");
    }
    await expect(store.add("m", broken())).rejects.toThrow(/cut off/);
    expect(await readdir(join(stateDir, "labels", "m"))).toEqual([]);
    expect((await store.load("m")).size).toBe(0);
  });

  it("clear away what a killed worker left half-written", async () => {
    const store = new LabelStore(stateDir);
    const one = async function* () {
      yield [{ id: "a", label: "True" }];
    };
    await store.add("m", one());
    await writeFile(join(stateDir, "labels", "m", ".0123456789ab.tmp"), '["b","Tr');
    await store.add("m", one());
    expect(await readdir(join(stateDir, "labels", "m"))).toEqual([expect.stringMatching(/^000000001-/)]);
  });

  it.each(["../x", "a/b", ""])("refuse the model name %j", async (model) => {
    await expect(new LabelStore(stateDir).load(model)).rejects.toMatchObject({ code: "JOB_INVALID" });
  });
});

describe("the index of labels", () => {
  it("knows 200,000 ids, and which of them were met, through every growth", () => {
    const index = new LabelIndex();
    for (let i = 0; i < 200_000; i++) index.set(`id-${i}`, i % 3 === 0 ? "x" : "__proto__");
    expect(index.size).toBe(200_000);
    index.beginJoin();
    for (let i = 0; i < 200_000; i += 7)
      expect(index.names[index.meet(`id-${i}`, 1)]).toBe(i % 3 === 0 ? "x" : "__proto__");
    expect(index.meet("id-200000", 1)).toBe(NO_LABEL);
    expect([index.wasMet("id-7"), index.wasMet("id-8")]).toEqual([true, false]);
  });

  it("knows conflicts and ids of different rows through every growth", () => {
    const index = new LabelIndex();
    for (let i = 0; i < 50_000; i++) {
      index.set(`id-${i}`, "x");
      if (i % 10 === 0) index.set(`id-${i}`, "y");
    }
    expect(index.delivery).toEqual({
      added: 45_000,
      changed: 0,
      conflicting: 5_000,
      newlyConflicting: 5_000,
    });
    index.beginJoin();
    for (let i = 0; i < 50_000; i++) index.meet(`id-${i}`, 1);
    for (let i = 1; i < 50_000; i += 10) index.meet(`id-${i}`, 2);
    expect(index.sharedCount).toBe(5_000);
    index.beginJoin();
    const found = Array.from({ length: 50_000 }, (_, i) => index.meet(`id-${i}`, 1));
    expect(found.filter((code) => code === CONFLICTING_LABELS)).toHaveLength(5_000);
    expect(found.filter((code) => code === SHARED_ID)).toHaveLength(5_000);
    expect(found[0]).toBe(CONFLICTING_LABELS);
    expect(found[1]).toBe(SHARED_ID);
  });

  it("distinguishes deliveries beyond the number it counts them by", () => {
    const index = new LabelIndex();
    for (let i = 0; i < 70_000; i++) {
      index.set("a", i % 2 === 0 ? "x" : "y");
      index.set("b", "x");
      index.beginDelivery();
    }
    index.beginJoin();
    expect([index.names[index.meet("a", 1)], index.names[index.meet("b", 1)]]).toEqual(["y", "x"]);
  });

  it("refuses more different labels than it can number", () => {
    const index = new LabelIndex();
    for (let i = 0; i < 32_767; i++) index.set(`${i}`, `label ${i}`);
    expect(() => index.set("one more", "another")).toThrow(/more than 32767 different labels/);
  });
});

it("labels that find no room on the disk are refused by path and reason, and nothing of them stays", async () => {
  async function* untilFull() {
    yield [{ id: "a", label: "True" }];
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  }
  const folder = join(stateDir, "labels", "m");
  await expect(new LabelStore(stateDir).add("m", untilFull())).rejects.toMatchObject({
    code: "OUTPUT_UNWRITABLE",
    message: `cannot write ${folder}: the disk is full (ENOSPC)`,
  });
  expect(await readdir(folder)).toEqual([]);
});
