import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClosedLoop } from "@colaml/monitor-worker/loop/closed-loop";
import type { TrainingOutcome } from "@colaml/monitor-worker/loop/loop-dependencies";
import { LoopStore } from "@colaml/monitor-worker/loop/loop-state";
import { alertRulesSchema } from "@colaml/shared/contracts/alert-rules";
import { type MonitorResult, monitorJobSchema } from "@colaml/shared/contracts/monitor";
import { ColaError } from "@colaml/shared/errors/cola-error";

const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };
const rules = alertRulesSchema.parse([
  {
    name: "retrain",
    model: "m",
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

interface Told {
  run: string;
  what: unknown;
}

function loop(outcome: () => TrainingOutcome, previousAccuracy: number | undefined = 0.6) {
  const started: { queue: string; jobId: string; payload: object }[] = [];
  const told: Told[] = [];
  const rolledBack: string[] = [];
  const jobLogs: string[] = [];
  const world = { champion: "1", mlflowIsAway: false, checks: 0 };
  let clock = Date.UTC(2026, 0, 1);
  const answer = <T>(value: T): T => {
    if (world.mlflowIsAway) throw new ColaError("MLFLOW_UNREACHABLE", "no answer");
    return value;
  };
  const afterCheck = createClosedLoop({
    rules,
    store: new LoopStore(folder, (line) => {
      throw new Error(line);
    }),
    runs: {
      open: async ({ incident }) => answer(`parent-of-${incident}`),
      tell: async (run, what) => void told.push(answer({ run, what: structuredClone(what) })),
    },
    startJob: async (queue, payload, jobId) => void started.push({ queue, payload, jobId }),
    outcomeOf: async () => {
      const result = outcome();
      if (result.state === "done" && result.promoted && result.version) world.champion = result.version;
      return result;
    },
    logJob: async (queue, id, line) => void jobLogs.push(`${queue} ${id}: ${line}`),
    accuracyOf: async () => answer(previousAccuracy),
    championOf: async () => answer(world.champion),
    async rollback(_, from, to) {
      if (answer(world.champion) !== from) return false;
      world.champion = to;
      rolledBack.push(`${from} to ${to}`);
      return true;
    },
    now: () => new Date(clock),
  });
  const check = (version: string, accuracy: number, incident?: string) => {
    const jobId = `check${++world.checks}`;
    const result = {
      model: "m",
      modelVersion: version,
      metrics: { accuracy_score: accuracy },
      intervals: { accuracy_score: [accuracy - 0.02, accuracy + 0.02] },
      runId: `run-of-${jobId}`,
    } as unknown as MonitorResult;
    const context = {
      jobId,
      addedAt: 1,
      signal: new AbortController().signal,
      logger: silent,
      progress: async () => {},
    };
    const open = incident ? [{ id: incident, rule: "retrain" }] : [];
    return afterCheck({ job, result, open, context, held: () => {} });
  };
  const wait = (hours: number) => {
    clock += hours * 3_600_000;
  };
  const ids = () => started.map(({ jobId }) => jobId);
  const statuses = async () =>
    (
      await new LoopStore(folder, (line) => {
        throw new Error(line);
      }).read("m")
    ).map(({ status }) => status);
  return { check, wait, started, ids, told, rolledBack, jobLogs, world, statuses };
}

const promoted: TrainingOutcome = { state: "done", promoted: true, version: "2", runId: "train-run" };
const notPromoted: TrainingOutcome = { state: "done", promoted: false };

describe("the closed loop", () => {
  it("retrains the checked model at an incident, watches the new champion and keeps it", async () => {
    const { check, started, told, rolledBack, statuses } = loop(() => promoted);
    expect(await check("1", 0.6, "incident1")).toEqual([
      "rule retrain: train job retrain-incident1 started by check check1",
    ]);
    expect(started).toMatchObject([
      { queue: "train", jobId: "retrain-incident1", payload: { model: "m", dataset: { path: "new.csv" } } },
    ]);
    await check("2", 0.8);
    expect(await check("2", 0.8)).toEqual([
      "rule retrain: version 2 is kept: version 2 has accuracy 0.8000, version 1 0.6000 on the same rows",
    ]);
    expect(await statuses()).toEqual(["kept"]);
    expect(rolledBack).toEqual([]);
    expect(new Set(told.map(({ run }) => run))).toEqual(new Set(["parent-of-incident1"]));
    expect(
      told.flatMap(({ what }) => Object.entries(what as object).filter(([key]) => key === "child")),
    ).toEqual([
      ["child", "run-of-check1"],
      ["child", "train-run"],
      ["child", "run-of-check2"],
      ["child", "run-of-check3"],
    ]);
    expect(told.at(-1)!.what).toEqual({ close: true });
  });

  it("rolls a champion back that is worse on the same rows beyond chance", async () => {
    const { check, rolledBack, statuses, told, jobLogs } = loop(() => promoted, 0.75);
    await check("1", 0.6, "incident1");
    await check("2", 0.74);
    expect(rolledBack).toEqual([]);
    await check("2", 0.7);
    expect(rolledBack).toEqual(["2 to 1"]);
    expect(await statuses()).toEqual(["rolled back"]);
    expect(told.map(({ what }) => what)).toContainEqual({
      rollback: { from: "2", to: "1", reason: expect.stringMatching(/0\.7000.*0\.7500 on the same rows/) },
    });
    expect(jobLogs).toContainEqual(
      expect.stringMatching(/^train retrain-incident1: rule retrain: rolled back to version 1/),
    );
    expect(jobLogs).toContainEqual(expect.stringMatching(/^monitor check3: .*rolled back to version 1/));
  });

  it("starts nothing within the cooldown, beyond the daily budget, or twice for one incident, and says why", async () => {
    const { check, wait, ids } = loop(() => notPromoted);
    await check("1", 0.6, "a");
    await check("1", 0.6, "a");
    expect(await check("1", 0.6, "b")).toEqual(["rule retrain does not start a train job: cooldown of 1h"]);
    expect(ids()).toEqual(["retrain-a"]);
    wait(2);
    await check("1", 0.6, "c");
    wait(2);
    expect(await check("1", 0.6, "d")).toContain(
      "rule retrain does not start a train job: daily budget of 2 is used up",
    );
    expect(ids()).toEqual(["retrain-a", "retrain-c"]);
    wait(24);
    await check("1", 0.6, "d");
    expect(ids()).toEqual(["retrain-a", "retrain-c", "retrain-d"]);
  });

  it("is not held up for longer than the cooldown by a start that a clock ahead had dated", async () => {
    const { check, wait, ids } = loop(() => notPromoted);
    wait(5);
    await check("1", 0.6, "a");
    wait(-5);
    await check("1", 0.6);
    wait(0.9);
    await check("1", 0.6, "b");
    expect(ids()).toEqual(["retrain-a"]);
    wait(0.2);
    await check("1", 0.6, "b");
    expect(ids()).toEqual(["retrain-a", "retrain-b"]);
  });

  it("starts what a brake stopped once the brake is off, for as long as the incident lasts", async () => {
    const { check, wait, ids } = loop(() => notPromoted);
    await check("1", 0.6, "a");
    await check("1", 0.6, "b");
    wait(2);
    await check("1", 0.6, "b");
    expect(ids()).toEqual(["retrain-a", "retrain-b"]);
  });

  it("waits while a training runs and notes one that failed", async () => {
    let outcome: TrainingOutcome = { state: "running" };
    const { check, wait, ids, statuses } = loop(() => outcome);
    await check("1", 0.6, "a");
    wait(5);
    expect(await check("1", 0.6, "b")).toEqual([
      "rule retrain does not start a train job: train job retrain-a is under way",
    ]);
    expect([ids(), await statuses()]).toEqual([["retrain-a"], ["training"]]);
    outcome = { state: "failed", reason: "one class only" };
    expect(await check("1", 0.6)).toEqual(["rule retrain: train job retrain-a failed: one class only"]);
    expect(await statuses()).toEqual(["failed"]);
  });

  it("starts nothing for a version that is not the champion", async () => {
    const { check, ids, world } = loop(() => promoted);
    world.champion = "7";
    expect(await check("1", 0.6, "a")).toEqual([expect.stringMatching(/version 1.*not the champion.*7 is/)]);
    expect(ids()).toEqual([]);
  });

  it("stops watching a champion that somebody replaced, and rolls nothing back", async () => {
    const { check, world, rolledBack, statuses } = loop(() => promoted, 0.9);
    await check("1", 0.6, "a");
    await check("1", 0.6, "a");
    expect(await statuses()).toEqual(["watching"]);
    world.champion = "3";
    expect(await check("2", 0.5)).toEqual([
      expect.stringMatching(/version 2 is no longer watched: version 3/),
    ]);
    expect([rolledBack, await statuses()]).toEqual([[], ["replaced"]]);
  });

  it("continues while MLflow is away, and records it all in order when it is back", async () => {
    const { check, ids, told, world, statuses } = loop(() => notPromoted);
    world.mlflowIsAway = true;
    await check("1", 0.6, "a");
    expect([ids(), told]).toEqual([["retrain-a"], []]);
    world.mlflowIsAway = false;
    await check("1", 0.6, "a");
    expect(await statuses()).toEqual(["not promoted"]);
    expect(told.map(({ run, what }) => [run, Object.keys(what as object)[0]])).toEqual([
      ["parent-of-a", "child"],
      ["parent-of-a", "step"],
      ["parent-of-a", "step"],
      ["parent-of-a", "close"],
    ]);
  });
});
