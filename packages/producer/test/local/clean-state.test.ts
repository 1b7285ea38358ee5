import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type CleanPlaces, findOld, type OldEntries, removeOld } from "@colaml/producer/local/clean-state";

const stateDir = mkdtempSync(join(tmpdir(), "cola-clean-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const dataDir = join(stateDir, "data-folder");
const places: CleanPlaces = { stateDir, dataDir, isUp: false };
/** As Redis gives them: ids and payloads of jobs that have not ended. */
async function* unended(...jobs: unknown[]) {
  for (const job of jobs) yield JSON.stringify(job);
}

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
  put("demo/predictions.csv", 60);
  for (const [output, days] of [
    ["deep/out.csv", 60],
    ["new.csv", 3],
  ] as const) {
    const batch = `data-folder/${dirname(output)}/.${basename(output)}.colaml`;
    put(`${batch}/parts/3.part`, days, 100);
    put(`${batch}/owner.json`, days);
    writeFileSync(join(stateDir, batch, "owner.json"), `{"jobId":"predict-${days}","epoch":"e"}`);
    age(`${batch}/owner.json`, days);
    age(batch, days);
  }
  put("data-folder/.made.csv.colaml.0123456789ab/owner.json", 60);
  put("data-folder/.theirs.csv.colaml/notes.txt", 60);
  put("data-folder/stream-a1B2c3/stdin.csv", 60);
  put("data-folder/stream-videos/holiday.mp4", 60);
  put("data-folder/out.csv", 60);
});

const withoutJobs = () => ({ ...places, jobs: unended() });
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
  "data-folder/stream-a1B2c3",
  "data-folder/.made.csv.colaml.0123456789ab",
  "data-folder/deep/.out.csv.colaml",
  "demo/predictions.csv",
];

it("finds what was not written to for a month and is needed by nothing, with its bytes", async () => {
  const found = await findOld(withoutJobs(), NOW - 30 * DAY);
  expect(paths(found)).toEqual(OLD);
  expect(found.map(({ kind, bytes }) => [kind, bytes])).toEqual([
    ["reports", 1_000],
    ["incidents", 20],
    ["alerts", 10],
    ["results", 10],
    ["refused", 10],
    ["logs", 500],
    ["models", 20],
    ["streams", 20],
    ["batches", 144],
    ["demo", 10],
  ]);
  expect(found.filter(({ kept }) => kept)).toEqual([]);
});

it("leaves what a job needs that has not ended, by whatever name it has the data folder, and says so", async () => {
  const kept = async (...jobs: unknown[]) => {
    const found = await findOld({ ...places, jobs: unended(...jobs) }, NOW - 30 * DAY);
    return OLD.filter((path) => !paths(found).includes(path));
  };
  const models = ["models/m/1", "models/m/2"];
  expect(await kept(["predict-1", { output: "/data/deep/out.csv" }])).toEqual([
    ...models,
    "data-folder/deep/.out.csv.colaml",
  ]);
  expect(await kept(["predict-60", {}])).toEqual([...models, "data-folder/deep/.out.csv.colaml"]);
  expect(await kept(["predict-1", { output: "/data/deep/about.csv" }], ["predict-6", {}])).toEqual(models);
  expect(await kept(["predict-1", { input: { path: "/d/stream-a1B2c3/stdin.csv" } }])).toEqual([
    ...models,
    "data-folder/stream-a1B2c3",
  ]);
  const found = await findOld({ ...places, jobs: unended(["predict-60", {}]) }, NOW - 30 * DAY);
  expect(found.filter(({ kept }) => kept).map(({ kind, kept }) => [kind, kept])).toEqual([
    ["models", { entries: 2, why: "jobs that have not ended may need them" }],
    ["batches", { entries: 1, why: "jobs that have not ended may need them" }],
  ]);
});

it("leaves batches if no Redis is known, and logs that processes write to", async () => {
  const unknown = await findOld(places, NOW - 30 * DAY);
  expect(OLD.filter((path) => !paths(unknown).includes(path))).toEqual([
    "data-folder/.made.csv.colaml.0123456789ab",
    "data-folder/deep/.out.csv.colaml",
  ]);
  const up = await findOld({ ...withoutJobs(), isUp: true }, NOW - 30 * DAY);
  expect(OLD.filter((path) => !paths(up).includes(path))).toEqual(["logs/trainer-1.log"]);
});

it("removes that and nothing else", async () => {
  const before = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
  await removeOld(await findOld(withoutJobs(), NOW - 30 * DAY));
  const after = new Set(readdirSync(stateDir, { recursive: true, encoding: "utf8" }));
  const isBelowOld = (path: string) => OLD.some((old) => path === old || path.startsWith(`${old}/`));
  expect(before.filter((path) => !after.has(path)).filter((path) => !isBelowOld(path))).toEqual([]);
  expect(OLD.filter((path) => existsSync(join(stateDir, path)))).toEqual([]);
  expect(paths(await findOld(withoutJobs(), NOW - 30 * DAY))).toEqual([]);
});

it("finds nothing in a folder that is not there", async () => {
  expect(
    paths(await findOld({ ...withoutJobs(), stateDir: join(stateDir, "absent"), dataDir: "" }, NOW)),
  ).toEqual([]);
});
