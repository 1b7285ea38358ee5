import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findOld, type OldEntries, removeOld } from "@colaml/producer/local/clean-state";

const stateDir = mkdtempSync(join(tmpdir(), "cola-clean-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const put = (path: string, days: number, bytes = 10) => {
  const file = join(stateDir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "x".repeat(bytes));
  const at = new Date(NOW - days * DAY);
  utimesSync(file, at, at);
  for (let folder = dirname(file); folder !== stateDir; folder = dirname(folder)) utimesSync(folder, at, at);
};
const age = (path: string, days: number) =>
  utimesSync(join(stateDir, path), new Date(NOW - days * DAY), new Date(NOW - days * DAY));

const STAYS = [
  "labels/m/000001-abc.ndjson",
  "monitor/m/history.ndjson",
  "spool/train-1/publication.json",
  "redis/appendonly.aof",
  "mlflow/mlflow.db",
  "ports.json",
];

beforeAll(() => {
  for (const path of STAYS) put(path, 400);
  put("reports/old.html", 40, 1_000);
  put("reports/new.html", 5);
  put("alerts/incidents/open-1/firing.json", 90);
  put("alerts/incidents/ended-1/firing.json", 90);
  put("alerts/incidents/ended-1/recovered.json", 80);
  put("alerts/incidents/ended-2/firing.json", 90);
  put("alerts/incidents/ended-2/recovered.json", 3);
  put("alerts/delivered/a.json", 60);
  put("spool/results/train-1.json", 60);
  put("spool-checks/refused-monitor-1/publication.json", 60);
  put("logs/trainer-1.log", 60, 500);
  for (const [version, days] of [
    ["1", 100],
    ["2", 90],
    ["3", 80],
  ] as const) {
    put(`models/m/${version}/bundle.json`, 200);
    age(`models/m/${version}`, days);
  }
  put("stream-abc/input", 60);
  put("replay-abc/input", 1);
  age("replay-abc", 1);
});

const paths = (found: readonly OldEntries[]) =>
  found.flatMap(({ entries }) => entries.map(({ path }) => path.slice(stateDir.length + 1)));

const OLD = [
  "reports/old.html",
  "alerts/incidents/ended-1",
  "alerts/delivered/a.json",
  "spool/results/train-1.json",
  "spool-checks/refused-monitor-1",
  "logs/trainer-1.log",
  "models/m/1",
  "models/m/2",
  "stream-abc",
];

it("finds what was not written to for a month and is needed by nothing, with its bytes", async () => {
  const found = await findOld(stateDir, NOW - 30 * DAY);
  expect(paths(found)).toEqual(OLD);
  expect(found.map(({ kind, bytes }) => [kind, bytes])).toEqual([
    ["reports", 1_000],
    ["incidents", 20],
    ["alerts", 10],
    ["results", 10],
    ["refused", 10],
    ["logs", 500],
    ["models", 20],
    ["streams", 10],
  ]);
});

it("removes that and nothing else", async () => {
  const before = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
  await removeOld(await findOld(stateDir, NOW - 30 * DAY));
  const after = new Set(readdirSync(stateDir, { recursive: true, encoding: "utf8" }));
  const isBelowOld = (path: string) => OLD.some((old) => path === old || path.startsWith(`${old}/`));
  expect(before.filter((path) => !after.has(path)).filter((path) => !isBelowOld(path))).toEqual([]);
  expect(OLD.filter((path) => existsSync(join(stateDir, path)))).toEqual([]);
  expect(paths(await findOld(stateDir, NOW - 30 * DAY))).toEqual([]);
});

it("finds nothing in a folder that is not there", async () => {
  expect(paths(await findOld(join(stateDir, "absent"), NOW))).toEqual([]);
});
