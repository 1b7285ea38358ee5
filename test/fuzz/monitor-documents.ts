import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AlertEngine } from "@colaml/monitor-worker/alerts/alert-engine";
import { AlertOutbox } from "@colaml/monitor-worker/alerts/alert-outbox";
import { linesOf } from "@colaml/monitor-worker/labels/delivery-files";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { brakeOf, type LoopEntry, LoopStore } from "@colaml/monitor-worker/loop/loop-state";
import { driftNumbers } from "@colaml/producer/page/drift-numbers";
import { qualityCharts } from "@colaml/producer/page/quality-charts";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { exampleAlert } from "../../packages/shared/test/alerts/example-alert";
import { beside, type Document, logger, NOW, READER, report, root, sha256, state } from "./state-place";

const alert = exampleAlert("a1");
const recovered = exampleAlert("a1", { status: "recovered" });
beside(join(state.incidents, "a2", "firing.json"), exampleAlert("a2"));
const incident = (id: string) => new IncidentStore(root, report).find(id);

const notes = [
  { step: "started", text: "a job" },
  { child: "r" },
  { rollback: { from: "4", to: "3", reason: "worse" } },
  { close: true },
];
const retraining = {
  ...{ incident: "a1", rule: "q", queue: "train", jobId: "j", startedAt: "2026-01-01T00:00:00.000Z" },
  ...{ status: "watching", before: { version: "3", accuracy: 0.75 }, version: "4", checks: 1 },
  ...{ watchChecks: 3, experiment: "e", runId: "r", untold: notes },
};

/** A training ten minutes ago brakes, whatever else is in the entry. */
function expectBraked(entries: readonly LoopEntry[]): void {
  const brake = brakeOf(entries, "q", { cooldown: "6h", dailyBudget: 2 }, NOW);
  for (const { rule, startedAt } of entries)
    if (rule === "q" && !(Date.parse(startedAt) < NOW.getTime() - 6 * 3_600_000)) expect(brake).toBeDefined();
}

const drift = {
  ...{ statistic: "text_length", level: "none", psi: 0.01, psiExpected: 0.02 },
  ...{ psiThreshold: 0.1, jensenShannon: 0.03 },
};
const checks = [1, 2, 3].map((number) => ({
  ...{ v: 1, id: `c${number}`, number, at: "2026-01-01T00:00:00.000Z", modelVersion: "3", rows: 9, n: 9 },
  ...{ accuracy: 0.75, interval: [0.5, 0.9], estimated: 0.7, driftLevel: "none", ownRun: true },
  ...{ drift: [drift], verdict: "pass" },
}));
const rules = {
  quality: { breaches: 2, incident: { id: "a1", since: "2026-01-01T00:00:00.000Z" } },
  drift: { breaches: 0, endedAt: "2026-01-01T00:00:00.000Z" },
};
const open = [{ id: "a1", rule: "quality" }];

interface AlertState {
  rules: [string, object][];
  checks: object[];
}

/** What the engine knew, by what it writes after a check that changes no rule. */
async function rememberedAlerts(): Promise<unknown> {
  const sent: object[] = [];
  const engine = new AlertEngine({
    ...{ stateDir: root, incidents: new IncidentStore(root, report), logger, now: () => NOW },
    sinks: [async (one) => void sent.push(one)],
  });
  const path = state.alertState("m");
  await engine.evaluate({ name: "m", version: "3" }, [], "a check like no other");
  const after = JSON.parse(readFileSync(path, "utf8")) as AlertState;
  if (after.rules.length === 0 && after.checks.length === 1) return undefined;
  return { rules: Object.fromEntries(after.rules), checks: after.checks.slice(0, -1) };
}

/** What is at the webhook; nothing for what is not due. */
async function deliveredAlert(): Promise<unknown> {
  const sent: object[] = [];
  const outbox = new AlertOutbox({
    ...{ stateDir: root, giveUpAfterMs: 1, filesKept: 10, logger, now: () => NOW.getTime() },
    send: async (one) => void sent.push(one),
  });
  await outbox.flush();
  return sent[0];
}

async function readHistory(): Promise<unknown> {
  const history = new CheckHistory(root, report);
  const before = await history.read("m");
  expect([qualityCharts(READER, "m", before).text, driftNumbers(READER, before).text]).not.toContain("NaN");
  const number = await history.append("m", {
    ...{ id: "new", at: NOW.toISOString(), modelVersion: "3", rows: 1, n: 1, verdict: "pass" },
  });
  expect(Number.isSafeInteger(number) && number > 0).toBe(true);
  return before.length === 0 ? undefined : before;
}

const labels = join(state.labels, "m", `000000001-${sha256}.ndjson`);

/** What the monitor keeps. */
export const MONITOR_DOCUMENTS: Record<string, Document> = {
  incident: {
    kind: "incidentAlert",
    path: join(state.incidents, "a1", "firing.json"),
    lines: [alert],
    read: async () => (await incident("a1"))?.alert,
  },
  recovered: {
    kind: "incidentAlert",
    path: join(state.incidents, "a2", "recovered.json"),
    lines: [recovered],
    read: async () => (await incident("a2"))?.recovered,
  },
  acknowledgement: {
    kind: "acknowledgement",
    path: join(state.incidents, "a2", "acknowledged.json"),
    lines: [{ v: 1, at: "2026-01-01T00:00:00.000Z", by: "ana" }],
    read: async () => (await incident("a2"))?.acknowledged,
  },
  alertState: {
    kind: "alertState",
    path: state.alertState("m"),
    lines: [
      {
        ...{ v: 1, rules: Object.entries(rules) },
        checks: [
          { id: "c1", told: { alerts: [], open: [] } },
          { id: "c2", told: { alerts: [alert], open }, isUntold: true },
        ],
      },
    ],
    read: rememberedAlerts,
    truth: (written) => {
      const { rules: kept, ...rest } = written as AlertState;
      return { ...rest, rules: Object.fromEntries(kept) };
    },
    isOthers: (written) => {
      const { rules: kept, checks: seen } = written as AlertState;
      return kept.length === 0 && seen.length === 0;
    },
  },
  letter: {
    kind: "letter",
    path: join(state.outbox, "a1.firing.json"),
    lines: [{ v: 1, alert, attempts: 0, firstAt: NOW.getTime() - 60_000, nextAt: NOW.getTime() }],
    read: deliveredAlert,
    truth: (written) => (written as { alert: unknown }).alert,
    isOthers: (written) => {
      const { nextAt } = written as { nextAt: number };
      return nextAt > NOW.getTime() && nextAt <= NOW.getTime() + 300_000;
    },
  },
  loop: {
    kind: "loopState",
    path: state.loopState("m"),
    lines: [{ v: 1, entries: [retraining, { ...retraining, incident: "a3", status: "kept" }] }],
    read: async () => {
      const entries = await new LoopStore(root, report).read("m");
      expectBraked(entries);
      return entries.length === 0 ? undefined : entries;
    },
    truth: (written) => (Array.isArray(written) ? written : (written as { entries: unknown }).entries),
    isOthers: (written) => {
      const entries = Array.isArray(written) ? written : (written as { entries: unknown[] }).entries;
      return entries.length === 0;
    },
  },
  history: { kind: "checkHistory", path: state.checkHistory("m"), lines: checks, read: readHistory },
  labels: {
    kind: "lateLabels",
    path: labels,
    lines: [
      ["1", "a"],
      ["2", "é"],
      ["1", "b"],
    ],
    read: async () => {
      await new LabelStore(root).load("m");
      const read: string[][] = [];
      for await (const { id, label } of linesOf(labels)) read.push([id, label]);
      return read;
    },
  },
};
