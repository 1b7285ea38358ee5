import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClosedLoop, type TrainingOutcome } from "@colaml/monitor-worker/loop/closed-loop";
import { LoopStore } from "@colaml/monitor-worker/loop/loop-state";
import { alertRulesSchema } from "@colaml/shared/jobs/alert-rules";
import type { Alert } from "@colaml/shared/jobs/alerts";
import { type MonitorResult, monitorJobSchema } from "@colaml/shared/jobs/monitor";

const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };
const rules = alertRulesSchema.parse([
  {
    name: "retrain",
    metric: "accuracy_score",
    comparison: "<",
    threshold: 0.7,
    start: {
      job: "train",
      payload: { dataset: { path: "new.csv" } },
      cooldown: "1h",
      dailyBudget: 2,
      watchChecks: 2,
    },
  },
]);
const job = monitorJobSchema.parse({ input: { path: "rows.csv" } });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "loop-"));
});
afterEach(() => rm(folder, { recursive: true }));

function loop(outcome: () => TrainingOutcome, previousAccuracy = 0.6) {
  const started: string[] = [];
  const steps: string[] = [];
  const rolledBack: string[] = [];
  let clock = Date.UTC(2026, 0, 1);
  const afterCheck = createClosedLoop({
    rules,
    store: new LoopStore(folder),
    runs: {
      open: async () => "parent",
      note: async (_, step, text) => void steps.push(`${step}: ${text}`),
      adopt: async (parent, child) => void steps.push(`${child} under ${parent}`),
      close: async () => void steps.push("closed"),
    },
    startJob: async (_, __, jobId) => void started.push(jobId),
    outcomeOf: async () => outcome(),
    accuracyOf: async () => previousAccuracy,
    rollback: async (_, from, to) => void rolledBack.push(`${from} to ${to}`),
    now: () => new Date(clock),
  });
  const check = (version: string, accuracy: number, incident?: string) => {
    const alerts = incident
      ? [{ id: incident, rule: "retrain", status: "firing", message: "low" } as Alert]
      : [];
    const result = {
      model: "m",
      modelVersion: version,
      metrics: { accuracy_score: accuracy },
      intervals: { accuracy_score: [accuracy - 0.02, accuracy + 0.02] },
      alerts,
    } as unknown as MonitorResult;
    const context = {
      jobId: "j",
      signal: new AbortController().signal,
      logger: silent,
      progress: async () => {},
    };
    return afterCheck({ job, result, context });
  };
  const wait = (hours: number) => {
    clock += hours * 3_600_000;
  };
  const statuses = async () => (await new LoopStore(folder).read("m")).map(({ status }) => status);
  return { check, wait, started, steps, rolledBack, statuses };
}

const promoted: TrainingOutcome = { state: "done", promoted: true, version: "2", runId: "train-run" };

describe("the closed loop", () => {
  it("retrains at an incident, watches the new champion and keeps it", async () => {
    const { check, started, steps, rolledBack, statuses } = loop(() => promoted);
    await check("1", 0.6, "incident1");
    expect(started).toEqual(["retrain-incident1"]);
    await check("2", 0.8);
    await check("2", 0.8);
    expect(await statuses()).toEqual(["kept"]);
    expect(rolledBack).toEqual([]);
    expect(steps).toEqual(expect.arrayContaining(["train-run under parent", "closed"]));
  });

  it("rolls a champion back that is worse on the same rows beyond chance", async () => {
    const { check, rolledBack, statuses } = loop(() => promoted, 0.75);
    await check("1", 0.6, "incident1");
    await check("2", 0.74);
    expect(rolledBack).toEqual([]);
    await check("2", 0.7);
    expect(rolledBack).toEqual(["2 to 1"]);
    expect(await statuses()).toEqual(["rolled back"]);
  });

  it("starts nothing within the cooldown, beyond the daily budget, or twice for one incident", async () => {
    const { check, wait, started } = loop(() => ({ state: "done", promoted: false }));
    await check("1", 0.6, "a");
    await check("1", 0.6, "a");
    await check("1", 0.6, "b");
    expect(started).toEqual(["retrain-a"]);
    wait(2);
    await check("1", 0.6, "c");
    wait(2);
    await check("1", 0.6, "d");
    expect(started).toEqual(["retrain-a", "retrain-c"]);
    wait(24);
    await check("1", 0.6, "e");
    expect(started).toHaveLength(3);
  });

  it("waits while a training runs and notes one that failed", async () => {
    let outcome: TrainingOutcome = { state: "running" };
    const { check, wait, started, statuses } = loop(() => outcome);
    await check("1", 0.6, "a");
    wait(5);
    await check("1", 0.6, "b");
    expect([started.length, await statuses()]).toEqual([1, ["training"]]);
    outcome = { state: "failed", reason: "one class only" };
    await check("1", 0.6);
    expect(await statuses()).toEqual(["failed"]);
  });
});
