import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertEngine, type Observation } from "@colaml/monitor-worker/alerts/alert-engine";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { SAFE_NAME } from "@colaml/shared/settings/safe-name";

const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };
const model = { name: "m", version: "1" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-"));
});
afterEach(() => rm(folder, { recursive: true }));

function engine(sink: (alert: Alert) => Promise<void> = async () => {}) {
  const incidents = new IncidentStore(folder, () => {});
  return new AlertEngine({ stateDir: folder, incidents, sinks: [sink], logger: silent });
}
const ids = async () => (await new IncidentStore(folder, () => {}).list()).map(({ alert }) => alert.id);

const breach = (name: string, more: Partial<Observation["rule"]> = {}): Observation => ({
  rule: {
    name,
    metric: "accuracy_score",
    comparison: "<",
    threshold: 0.7,
    severity: "warning",
    consecutive: 1,
    cooldown: "0s",
    ...more,
  },
  value: 0.5,
  breached: true,
});

describe("the alert engine", () => {
  it("gives a check that was cut off while it reported the same incident again, not another", async () => {
    const told: string[] = [];
    let isAway = true;
    const sink = async ({ id, rule }: Alert) => {
      if (isAway && rule === "second") throw new Error("the queue is away");
      told.push(id);
    };
    const rules = [breach("first"), breach("second")];
    await expect(engine(sink).evaluate(model, rules, "check")).rejects.toThrow("away");
    isAway = false;
    const { alerts, open } = await engine(sink).evaluate(model, rules, "check");
    expect(alerts.map(({ id }) => id)).toEqual(["first-m-check", "second-m-check"]);
    expect(open.map(({ id }) => id)).toEqual(["first-m-check", "second-m-check"]);
    expect(told).toEqual(["first-m-check", "first-m-check", "second-m-check"]);
    expect((await ids()).sort()).toEqual(["first-m-check", "second-m-check"]);
  });

  it("has what a check could not report reported by the next one, which opens no incident beside it", async () => {
    let isAway = true;
    const told: string[] = [];
    const sink = async ({ id, status }: Alert) => {
      if (isAway) throw new Error("the queue is away");
      told.push(`${id} ${status}`);
    };
    await expect(engine(sink).evaluate(model, [breach("first")], "a")).rejects.toThrow("away");
    isAway = false;
    const { alerts, open } = await engine(sink).evaluate(model, [breach("first")], "b");
    expect([alerts, open]).toEqual([[], [{ id: "first-m-a", rule: "first" }]]);
    expect((await engine(sink).evaluate(model, [breach("first")], "a")).alerts).toHaveLength(1);
    await engine(sink).evaluate(model, [{ ...breach("first"), value: 0.9, breached: false }], "c");
    expect(told).toEqual(["first-m-a firing", "first-m-a recovered"]);
    expect(await ids()).toEqual(["first-m-a"]);
  });

  it("counts a check that is repeated once, also after others", async () => {
    const rule = breach("twice", { consecutive: 3 });
    const alerts = [];
    for (const check of ["a", "a", "b", "a", "b", "c", "c"]) {
      alerts.push((await engine().evaluate(model, [rule], check)).alerts.length);
    }
    expect(alerts).toEqual([0, 0, 0, 0, 0, 1, 1]);
  });

  it.each([
    ["cut off", 20],
    ["emptied by a power cut", 0],
  ])("starts anew from a state that is %s, keeps that aside and says so", async (_what, bytes) => {
    const path = join(folder, "monitor", "m", "alerts.json");
    await engine().evaluate(model, [breach("first")], "before");
    await writeFile(path, (await readFile(path, "utf8")).slice(0, bytes));
    const said: string[] = [];
    const logger = { ...silent, error: (line: string) => void said.push(line) };
    const incidents = new IncidentStore(folder, () => {});
    const damaged = new AlertEngine({ stateDir: folder, incidents, sinks: [], logger });
    const { alerts } = await damaged.evaluate(model, [breach("first")], "after");
    expect(alerts.map(({ id }) => id)).toEqual(["first-m-after"]);
    expect(said).toEqual([expect.stringMatching(/alerts\.json cannot be read .*alerts\.json\.unreadable/)]);
    expect(await readdir(join(folder, "monitor", "m"))).toEqual(["alerts.json", "alerts.json.unreadable"]);
  });

  it("reports and stores nothing when its lock is lost", async () => {
    const told: Alert[] = [];
    const lost = () => {
      throw new Error("the lock is lost");
    };
    const sink = async (alert: Alert) => void told.push(alert);
    await expect(engine(sink).evaluate(model, [breach("rule")], "check", lost)).rejects.toThrow("lost");
    expect([told, await ids()]).toEqual([[], []]);
    expect((await engine(sink).evaluate(model, [breach("rule")], "check")).alerts).toHaveLength(1);
  });

  it("gives rules, models and checks with long names ids of their own that jobs and files can have", async () => {
    const long = (end: string) => `${"x".repeat(100)}${end}`;
    await engine().evaluate(
      { name: long("m1"), version: "1" },
      [breach(long("a")), breach(long("b"))],
      long("c"),
    );
    await engine().evaluate({ name: long("m2"), version: "1" }, [breach(long("a"))], long("d"));
    const found = await ids();
    expect(new Set(found).size).toBe(3);
    expect(found.every((id) => SAFE_NAME.test(`retrain-${id}-trial-1`))).toBe(true);
  });
});
