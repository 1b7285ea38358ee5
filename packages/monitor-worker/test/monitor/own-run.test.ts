import { needsOwnRun } from "@colaml/monitor-worker/monitor/own-run";
import type { CheckRecord } from "@colaml/shared/outputs/check-history";

const NOON = Date.parse("2026-11-25T12:00:00Z");
const MINUTE = 60_000;
const SCHEDULED = "repeat:hourly:1764072000000";

const record = (minutesAgo: number, more: Partial<CheckRecord> = {}): CheckRecord => ({
  id: `job-${minutesAgo}`,
  at: new Date(NOON - minutesAgo * MINUTE).toISOString(),
  modelVersion: "3",
  rows: 10,
  n: 10,
  verdict: "pass",
  driftLevel: "none",
  ownRun: true,
  ...more,
});

const check = (more: object = {}, result: object = {}) => ({
  jobId: SCHEDULED,
  at: NOON,
  driftLevel: "none",
  result: { modelVersion: "3", verdict: "pass" as const, alerts: [], ...result },
  ...more,
});

describe("a check has a run of its own", () => {
  it.each<[string, Parameters<typeof needsOwnRun>]>([
    ["if somebody asked for it", [check({ jobId: "monitor-1" }), [record(1)], 60]],
    ["if it is the first of its version", [check({}, { modelVersion: "4" }), [record(1)], 60]],
    ["if its verdict is another", [check({}, { verdict: "fail" }), [record(1)], 60]],
    ["if its drift is another", [check({ driftLevel: "warning" }), [record(1)], 60]],
    ["if it raised or ended an alert", [check({}, { alerts: [{}] }), [record(1)], 60]],
    ["if the last run is that long ago", [check(), [record(60)], 60]],
    ["if the checks since the last run had none", [check(), [record(61), record(1, { ownRun: false })], 60]],
    ["if the setting is 0", [check(), [record(1)], 0]],
    ["if it runs again after its worker was lost", [check(), [record(1, { id: SCHEDULED })], 60]],
  ])("%s", (_, given) => {
    expect(needsOwnRun(...given)).toBe(true);
  });

  it.each<[string, Parameters<typeof needsOwnRun>]>([
    ["a schedule asked for it and it says what the last run says", [check(), [record(59)], 60]],
    ["an older release wrote the last run", [check(), [record(59, { ownRun: undefined as never })], 60]],
    ["other checks lie between", [check(), [record(59), record(2, { ownRun: false })], 60]],
  ])("but not if %s", (_, given) => {
    expect(needsOwnRun(...given)).toBe(false);
  });
});
