import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabelIndex } from "@colaml/monitor-worker/labels/label-index";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "labels-"));
});
afterEach(() => rm(stateDir, { recursive: true }));

async function* batchOf(labels: Record<string, string>) {
  yield Object.entries(labels).map(([id, label]) => ({ id, label }));
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
    });
    expect(await store.add("m", batchOf({ b: "False", a: "True" }))).toMatchObject({
      added: 0,
      known: 2,
      total: 2,
    });
    expect(await readdir(join(stateDir, "labels", "m"))).toHaveLength(1);
  });

  it("hold as the newest says, each model's own", async () => {
    const store = new LabelStore(stateDir);
    await store.add("m", batchOf({ a: "True", b: "False" }));
    await store.add("m", batchOf({ b: "True", c: "True" }));
    const index = await store.load("m");
    expect(["a", "b", "c", "d"].map((id) => index.names[index.meet(id)])).toEqual([
      "True",
      "True",
      "True",
      undefined,
    ]);
    expect((await store.load("other")).size).toBe(0);
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

  it.each(["../x", "a/b", ""])("refuse the model name %j", async (model) => {
    await expect(new LabelStore(stateDir).load(model)).rejects.toMatchObject({ code: "JOB_INVALID" });
  });
});

describe("the index of labels", () => {
  it("knows 200,000 ids, and which of them were met, through every growth", () => {
    const index = new LabelIndex();
    for (let i = 0; i < 200_000; i++) index.set(`id-${i}`, i % 3 === 0 ? "x" : "__proto__");
    expect(index.size).toBe(200_000);
    for (let i = 0; i < 200_000; i += 7)
      expect(index.names[index.meet(`id-${i}`)]).toBe(i % 3 === 0 ? "x" : "__proto__");
    expect(index.meet("id-200000")).toBe(-1);
    expect([index.wasMet("id-7"), index.wasMet("id-8")]).toEqual([true, false]);
  });
});
