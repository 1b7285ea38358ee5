import { QUIET, type RuleState, stepRule } from "@colaml/monitor-worker/alerts/alert-state";

const rule = { consecutive: 2, cooldown: "1h" };

/** Runs checks an hour apart or as said; returns the events. */
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
});
