import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StackStatus } from "@colaml/producer/local/stack-status";
import { type RunningCola, runCola, startCola } from "../packages/producer/test/cli/cola-process";
import { type PrivateRedis, startPrivateRedis } from "./private-redis";
import { byPromtool, promtool } from "./promtool";

/**
 * `cola up`, scraped as Prometheus would: the API and each worker at the address that `cola status` names.
 */
const folder = mkdtempSync(join(tmpdir(), "metrics-"));
let redis: PrivateRedis;
let up: RunningCola;
let env: Record<string, string>;
let apiUrl: string;
let workers: StackStatus["workers"];

beforeAll(async () => {
  redis = await startPrivateRedis();
  env = {
    REDIS_URL: redis.url,
    MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_DATA_DIR: folder,
    COLAML_PORT: "0",
    COLAML_API_TOKEN: "scraper",
  };
  up = startCola(["up", "--predictors", "1", "--json"], env, folder);
  apiUrl = /"apiUrl": ?"([^"]+)"/.exec(await up.said(/"apiUrl": ?"[^"]+"/))![1]!;
  workers = await listening();
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The three workers, once each has said where it is. */
async function listening(): Promise<StackStatus["workers"]> {
  for (let tries = 0; ; tries++) {
    const { stdout } = await runCola(["status", "--json"], env, folder);
    const found = (JSON.parse(stdout) as StackStatus).workers;
    if (found.length === 3 && found.every(({ healthUrl }) => healthUrl !== undefined)) return found;
    if (tries === 20) throw new Error(`workers: ${JSON.stringify(found)}`);
  }
}

const headers = { authorization: "Bearer scraper" };

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

const everybody = () => [apiUrl, ...workers.map(({ healthUrl }) => healthUrl!)];

/** BullMQ's own name, which dashboards for BullMQ know, ends like a histogram's. */
const isOurs = (line: string) => line !== "" && !line.startsWith("bullmq_job_count ");

it("every process answers /metrics, with its release, and whether Redis and MLflow are there", async () => {
  for (const url of everybody()) {
    let text = await scrape(url);
    // On a busy machine MLflow may need longer for its first answer than a look waits.
    while (!/^colaml_mlflow_up(\{.*\})? 1$/m.test(text)) text = await scrape(url);
    expect(text).toMatch(
      /^colaml_build_info\{release="\d+\.\d+\.\d+[^"]*",node="[\d.]+",service="[a-z-]+"\} 1$/m,
    );
    expect(text).toMatch(/^colaml_redis_up(\{.*\})? 1$/m);
  }
});

it("every metric has a help, base units and a name that fits its type", async () => {
  for (const url of everybody()) expect(lint(await scrape(url))).toEqual([]);
});

byPromtool("promtool takes what every process answers", async () => {
  for (const url of everybody()) {
    const checked = promtool(["check", "metrics"], await scrape(url));
    expect(checked.split("\n").filter(isOurs)).toEqual([]);
  }
});

it("Python's client for Prometheus reads each text to the end", async () => {
  const script =
    "import sys\nfrom prometheus_client.parser import text_string_to_metric_families as p\nprint(len(list(p(sys.stdin.read()))))";
  const installed = spawnSync(process.env["COLAML_PYTHON"]!, ["-c", "import prometheus_client"]);
  if (installed.status !== 0) return;
  for (const url of everybody()) {
    const input = await scrape(url);
    const families = execFileSync(process.env["COLAML_PYTHON"]!, ["-c", script], { input, encoding: "utf8" });
    expect(Number(families)).toBeGreaterThan(20);
  }
});

it("nothing that was not measured has a value: only counts of what can be counted at any time are 0", async () => {
  const samples = (await Promise.all(everybody().map(scrape)))
    .join("\n")
    .split("\n")
    .filter((line) => line.startsWith("colaml_") && !/^colaml_(nodejs|process)_|_bucket\{/.test(line));
  const zero = new Set(samples.filter((line) => / 0$/.test(line)).map((line) => line.split(/[{ ]/)[0]));
  expect([...zero].sort()).toEqual([
    "colaml_alerts_total",
    "colaml_open_incidents",
    "colaml_queue_jobs",
    "colaml_queue_paused",
    "colaml_scoring_in_flight",
    "colaml_scoring_rows_total",
  ]);
  const names = new Set(samples.map((line) => line.split(/[{ ]/)[0]));
  for (const name of ["colaml_quality", "colaml_drift_level", "colaml_queue_oldest_waiting_seconds"])
    expect(names).not.toContain(name);
});

it("rows and chunks of a prediction are counted, its models named, and each queue's workers", async () => {
  const file = join(folder, "tweets.csv");
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${i},${i % 2 === 0},${i % 2 ? "thanks a lot" : "help me"} ${i}`,
  );
  writeFileSync(file, ["id,inbound,text", ...rows, ""].join("\n"));
  const common = ["--model", "metrics-demo"];
  expect((await runCola(["train", file, ...common, "--iterations", "5"], env, folder)).code).toBe(0);
  const output = ["--output", join(folder, "out.csv")];
  expect((await runCola(["predict", file, ...common, ...output], env, folder)).code).toBe(0);
  const texts = await Promise.all(workers.map(({ healthUrl }) => scrape(healthUrl!)));
  const predictor = texts.find((text) => text.includes("colaml_rows_total{"))!;
  expect(predictor).toMatch(/^colaml_rows_total\{outcome="predicted",service="predictor-worker"\} 60$/m);
  expect(predictor).toMatch(/^colaml_chunks_total\{outcome="done",service="predictor-worker"\} 1$/m);
  expect(predictor).toMatch(/^colaml_chunk_duration_seconds_count\{.*\} 1$/m);
  expect(predictor).toMatch(/^colaml_model_info\{name="metrics-demo",version="1",alias="",.*\} 1$/m);
  expect(predictor).not.toMatch(/^colaml_chunks_redone_total\{/m);
  const api = await scrape(apiUrl);
  expect(api).toMatch(/^colaml_queue_workers\{queue="predict-chunk"\} 1$/m);
  expect(api).toMatch(/^colaml_queue_jobs\{queue="train",state="completed"\} 1$/m);
  expect(api).not.toContain("colaml_queue_oldest_waiting_seconds{");
});

it("the age of the oldest job that waits is shown", async () => {
  await fetch(`${apiUrl}/queues/predict-texts/pause`, { method: "POST", headers });
  const body = JSON.stringify({ texts: ["help"], model: "models:/metrics-demo@champion" });
  const json = { ...headers, "content-type": "application/json" };
  expect((await fetch(`${apiUrl}/jobs/predict`, { method: "POST", headers: json, body })).status).toBe(202);
  const text = await scrape(apiUrl);
  expect(text).toMatch(/^colaml_queue_oldest_waiting_seconds\{queue="predict-texts"\} \d/m);
  expect(text).toMatch(/^colaml_queue_paused\{queue="predict-texts"\} 1$/m);
  await fetch(`${apiUrl}/queues/predict-texts/resume`, { method: "POST", headers });
});

it("/readyz says why to who has a token, and to nobody else", async () => {
  const { healthUrl } = workers[0]!;
  const open = await fetch(`${healthUrl}/readyz`);
  expect([open.status, await open.text()]).toEqual([200, "ok\n"]);
  expect((await fetch(`${healthUrl}/readyz?verbose`)).status).toBe(401);
  const told = await fetch(`${healthUrl}/readyz?verbose`, { headers });
  expect(await told.json()).toMatchObject({
    status: "ok",
    checks: { redis: { ok: true }, mlflow: { ok: true } },
  });
});

const served = async () => {
  const texts = await Promise.all(everybody().map(scrape));
  const types = texts.flatMap((text) => [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]);
  return new Set(
    types.flatMap(([, name, type]) =>
      type === "histogram" ? ["bucket", "count", "sum"].map((part) => `${name}_${part}`) : [name!],
    ),
  );
};

it("alert rules, dashboard and docs name only metrics that a process serves, and docs name all of our own", async () => {
  const names = await served();
  const read = (path: string) => readFileSync(join(__dirname, "..", path), "utf8");
  const rules = read("deploy/prometheus/alerts.yml").matchAll(/^ +expr: (>-\n(?: {10,}.*\n)+|.*\n)/gm);
  const queries = read("deploy/grafana/colaml.json").matchAll(/"expr": "(.*)"/g);
  const expressions = [...rules, ...queries].map(([, expression]) => expression!);
  expect(expressions.length).toBeGreaterThan(40);
  const used = new Set(expressions.flatMap((expression) => expression.match(/\bcolaml_\w+/g) ?? []));
  expect([...used].filter((name) => !names.has(name))).toEqual([]);
  const documented = new Set(read("docs/metrics.md").match(/\bcolaml_\w+/g));
  const ours = [...names]
    .map((name) => name.replace(/_(bucket|count|sum)$/, ""))
    .filter((name) => name.startsWith("colaml_") && !/^colaml_(nodejs|process)_/.test(name));
  expect(ours.filter((name) => !documented.has(name))).toEqual([]);
});

it("while Redis is away every process answers with what it knows, and says that Redis is away", async () => {
  await redis.kill();
  for (const url of everybody()) {
    let text = await scrape(url);
    // The last look holds for 2 s.
    while (!/^colaml_redis_up(\{.*\})? 0$/m.test(text)) text = await scrape(url);
    expect(text).toMatch(/^colaml_mlflow_up(\{.*\})? 1$/m);
    expect(text).not.toContain("colaml_queue_jobs{");
  }
  const told = await fetch(`${workers[0]!.healthUrl}/readyz?verbose`, { headers });
  expect([told.status, await told.json()]).toMatchObject([503, { checks: { redis: { ok: false } } }]);
  await redis.restart();
});

/** The rules of https://prometheus.io/docs/practices/naming that promtool holds names to, as far as a text shows them. */
function lint(text: string): string[] {
  const help = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name!));
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({
    name: name!,
    type: type!,
  }));
  const found = types.flatMap(({ name, type }) => [
    ...(help.has(name) ? [] : [`${name} has no help`]),
    ...(/^(colaml|bullmq)_/.test(name) ? [] : [`${name} has another prefix`]),
    ...((type === "counter") === /_total$/.test(name) ? [] : [`${name} is a ${type}`]),
    ...(/_(count|sum|bucket)$/.test(name) ? [`${name} ends like a part of a histogram`] : []),
    ...(/_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/.test(name) ? [`${name} has no base unit`] : []),
  ]);
  const twice = types.map(({ name }) => name).filter((name, i, all) => all.indexOf(name) !== i);
  return [...found.filter(isOurs), ...twice.map((name) => `${name} stands there twice`)];
}
