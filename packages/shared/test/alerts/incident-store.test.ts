import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { exampleAlert } from "./example-alert";

const alert = (id: string, more: Partial<Alert> = {}) => exampleAlert(id, { model: "modelo_nuevo", ...more });

let folder: string;
let store: IncidentStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "incidents-"));
  store = new IncidentStore(folder, () => {});
});
afterEach(() => rm(folder, { recursive: true }));

describe("incidents on disk", () => {
  it("loses no part if monitor and person write at once", async () => {
    for (let i = 0; i < 20; i++) {
      const id = `incident${i}`;
      await store.record(alert(id));
      await Promise.all([
        store.acknowledge(id, "ana"),
        new IncidentStore(folder, () => {}).record(alert(id, { status: "recovered", value: 0.9 })),
        new IncidentStore(folder, () => {}).acknowledge(id, "ben"),
      ]);
      const incident = await store.find(id);
      expect(incident).toMatchObject({ alert: { status: "firing" }, recovered: { value: 0.9 } });
      expect(["ana", "ben"]).toContain(incident!.acknowledged!.by);
    }
    expect((await readdir(join(folder, "alerts", "incidents", "incident0"))).sort()).toEqual([
      "acknowledged.json",
      "firing.json",
      "recovered.json",
    ]);
  });

  it("lists the others if a file of one cannot be read, keeps that aside and says so", async () => {
    const said: string[] = [];
    const reader = new IncidentStore(folder, (line) => said.push(line));
    for (const id of ["a", "b"]) await store.record(alert(id));
    await store.acknowledge("b", "ana");
    await writeFile(join(folder, "alerts", "incidents", "a", "firing.json"), "");
    await writeFile(join(folder, "alerts", "incidents", "b", "acknowledged.json"), '{"at": ');
    expect(await reader.list()).toEqual([{ alert: alert("b") }]);
    expect(said).toEqual([
      expect.stringMatching(/firing\.json cannot be read .*firing\.json\.unreadable/),
      expect.stringMatching(/acknowledged\.json cannot be read/),
    ]);
    await store.record(alert("a"));
    expect(await store.find("a")).toEqual({ alert: alert("a") });
  });

  it("keeps the first of the same alert, and of two who acknowledge it", async () => {
    await store.record(alert("a"));
    await store.record(alert("a", { at: "2027-01-01T00:00:00.000Z" }));
    await store.acknowledge("a", "ana");
    const second = await store.acknowledge("a", "ben");
    expect([second.alert.at, second.acknowledged!.by]).toEqual(["2026-01-02T03:04:05.000Z", "ana"]);
  });

  it("lists the newest first, on demand only what has not ended", async () => {
    await store.record(alert("old"));
    await store.record(alert("new", { at: "2026-02-01T00:00:00.000Z" }));
    await store.record(alert("old", { status: "recovered" }));
    const ids = async (open: boolean) => (await store.list({ open })).map((each) => each.alert.id);
    expect([await ids(false), await ids(true)]).toEqual([["new", "old"], ["new"]]);
  });

  it.each(["none", "../../etc", "a/b", ""])("knows no alert %j", async (id) => {
    expect(await store.find(id)).toBeUndefined();
    await expect(store.acknowledge(id, "ana")).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
  });
});
