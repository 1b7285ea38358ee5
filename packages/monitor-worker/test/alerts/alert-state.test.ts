import { isBreached, QUIET, type RuleState, stepRule } from "@colaml/monitor-worker/alerts/alert-state";

const rule = { consecutive: 2, cooldown: "1h" };

/** Runs checks ten minutes apart or as said; returns the events. */
function run(steps: (boolean | undefined)[], minutes = 10, from: RuleState = QUIET) {
  let state = from;
  const events: string[] = [];
  steps.forEach((breached, i) => {
    const now = new Date(Date.UTC(2026, 0, 1, 0, i * minutes));
    const step = stepRule(rule, state, breached, now, `id${i}`);
    state = step.state;
    if (step.event) events.push(`${i} ${step.event.status} ${step.event.id}`);
  });
  return { events, state };
}

describe("the states of a rule", () => {
  it("open an incident at the wanted number of breaches in a row, once", () => {
    expect(run([true, false, true, true, true, true]).events).toEqual(["3 firing id3"]);
  });

  it("report the recovery under the incident's id", () => {
    expect(run([true, true, false, false]).events).toEqual(["1 firing id1", "2 recovered id1"]);
  });

  it("stay as they are if nothing is known", () => {
    expect(run([true, undefined, true, undefined, undefined]).events).toEqual(["2 firing id2"]);
  });

  it("open no new incident before the cooldown is over", () => {
    const steps = [true, true, false, true, true, true, true, true, true, true];
    // Ended at minute 20: the first check an hour later is number 8.
    expect(run(steps).events).toEqual(["1 firing id1", "2 recovered id1", "8 firing id8"]);
  });

  it("open one after the cooldown to the minute, and as soon as there are enough breaches if there is none", () => {
    const ended = { breaches: 0, endedAt: "2026-01-01T00:00:00.000Z" };
    const at = (minute: number, cooldown: string) => {
      const now = new Date(Date.UTC(2026, 0, 1, 0, minute));
      return stepRule({ consecutive: 1, cooldown }, ended, true, now, "id").event;
    };
    expect([at(59, "1h"), at(60, "1h"), at(1, "0s")]).toEqual([
      undefined,
      { status: "firing", id: "id" },
      { status: "firing", id: "id" },
    ]);
  });

  it("count breaches while an incident is open, and say since when it is; its end starts the count anew", () => {
    const open = run([true, true, true]).state;
    expect(open).toEqual({ breaches: 3, incident: { id: "id1", since: "2026-01-01T00:10:00.000Z" } });
    expect(run([false], 10, open).state).toEqual({ breaches: 0, endedAt: "2026-01-01T00:00:00.000Z" });
    expect(run([true, true], 10, { breaches: 0, endedAt: "2025-12-31T23:40:00.000Z" })).toEqual({
      events: [],
      state: { breaches: 2, endedAt: "2025-12-31T23:40:00.000Z" },
    });
    expect(run([false], 10, { breaches: 1, endedAt: "2025-12-31T23:40:00.000Z" }).state).toEqual({
      breaches: 0,
      endedAt: "2025-12-31T23:40:00.000Z",
    });
  });
});

describe("a comparison", () => {
  it.each([
    ["<", [true, false, false]],
    ["<=", [true, true, false]],
    [">", [false, false, true]],
    [">=", [false, true, true]],
  ] as const)("%s 2 of 1, 2 and 3 is %j", (comparison, expected) => {
    expect([1, 2, 3].map((value) => isBreached(value, comparison, 2))).toEqual(expected);
  });
});
