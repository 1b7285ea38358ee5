import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { waitForJob } from "@colaml/producer/submit/wait-for-job";
import type { Incident } from "@colaml/shared/contracts/alerts";
import type { LabelsResult } from "@colaml/shared/contracts/labels";
import type { MonitorResult } from "@colaml/shared/contracts/monitor";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type RunningCola, startCola } from "../packages/producer/test/cli/cola-process";
import { rulesFor, training, writeWorld } from "./two-worlds";

/** Servers, trainer and two monitors as `cola up` starts them; seen from outside: HTTP, MLflow's REST, Bull Board. */
const model = `loop_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "closed-loop-"));
const mlflow = process.env["TEST_MLFLOW_URI"]!;
const posted: { id: string; headers: IncomingHttpHeaders }[] = [];
let webhook: Server;
let up: RunningCola;
let api: string;
let queues: JobQueues;

beforeAll(async () => {
  webhook = createServer((request, response) => {
    posted.push({ id: String(request.headers["webhook-id"]), headers: request.headers });
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  const { port } = webhook.address() as AddressInfo;
  writeFileSync(join(folder, "rules.json"), JSON.stringify(rulesFor(model)));
  const env = {
    REDIS_URL: process.env["TEST_REDIS_URL"]!,
    MLFLOW_TRACKING_URI: mlflow,
    COLAML_REDIS_PREFIX: `{loop-${process.pid}}`,
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_DATA_DIR: folder,
    COLAML_MODEL: model,
    COLAML_PORT: "0",
    COLAML_LOCK_MS: "2000",
    COLAML_STALLED_MS: "1000",
    COLAML_ALERT_RULES: join(folder, "rules.json"),
    COLAML_WEBHOOK_URL: `http://127.0.0.1:${port}/hook`,
    COLAML_WEBHOOK_SECRET: "secret",
    COLAML_WEBHOOK_ALLOW_HTTP: "true",
    COLAML_WEBHOOK_ALLOW_PRIVATE: "true",
    COLAML_WEBHOOK_PORTS: String(port),
  };
  up = startCola(["up", "--predictors", "0", "--monitors", "2", "--json"], env, folder);
  api = (JSON.parse(await up.said(/\{.*"apiUrl".*\}/)) as { apiUrl: string }).apiUrl;
  queues = await openJobQueues(resolveConfig({ env }));
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
  await new Promise((resolve) => webhook.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function submit(queue: string, payload: object): Promise<string> {
  const answer = await fetch(`${api}/jobs/${queue}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload),
  });
  if (answer.status !== 202) throw new Error(await answer.text());
  return ((await answer.json()) as { id: string }).id;
}
async function finished<T>(id: string): Promise<T> {
  const view = await waitForJob(queues, id);
  if (view.status !== "completed") throw new Error(`${id}: ${view.error?.message}`);
  return view.result as T;
}
const get = async <T>(path: string) => (await (await fetch(`${api}${path}`)).json()) as T;
const submitCheck = (path: string) =>
  submit("monitor", { input: { path }, model: `models:/${model}@champion`, experiment: model });
const check = async (path: string) => finished<MonitorResult>(await submitCheck(path));
const incidents = async () => (await get<{ incidents: Incident[] }>("/alerts")).incidents;
/** Jobs that a rule put on its queue. */
const started = async (queue: "train" | "tune", rule: string) =>
  (await queues.queue(queue).getJobs()).filter(({ id }) => id!.startsWith(`retrain-${rule}-`)).length;
/** Ids of all messages that the incidents make. */
const messages = async () =>
  (await incidents()).flatMap(({ alert, recovered }) => [
    `${alert.id}.firing`,
    ...(recovered ? [`${alert.id}.recovered`] : []),
  ]);
const idOf = async (rule: string) => (await incidents()).find(({ alert }) => alert.rule === rule)!.alert.id;

/** The monitors that `cola up` started. */
function monitorPids(): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => Number(parent) === up.child.pid && /monitor-worker/.test(args.join(" ")))
    .map(([pid]) => Number(pid));
}

interface Run {
  info: { run_id: string; run_name: string; status: string };
  data: { tags?: { key: string; value: string }[] };
}
const tagsOf = ({ data }: Run) => Object.fromEntries((data.tags ?? []).map(({ key, value }) => [key, value]));
async function runsOf(filter: string): Promise<Run[]> {
  const byName = `${mlflow}/api/2.0/mlflow/experiments/get-by-name?experiment_name=${model}`;
  const { experiment } = (await (await fetch(byName)).json()) as { experiment: { experiment_id: string } };
  const answer = await fetch(`${mlflow}/api/2.0/mlflow/runs/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_ids: [experiment.experiment_id], filter, order_by: ["start_time"] }),
  });
  return ((await answer.json()) as { runs?: Run[] }).runs ?? [];
}
async function champion(alias = "champion"): Promise<string> {
  const url = `${mlflow}/api/2.0/mlflow/registered-models/alias?name=${model}&alias=${alias}`;
  return ((await (await fetch(url)).json()) as { model_version: { version: string } }).model_version.version;
}

describe("the closed loop among real servers and workers", () => {
  it("begins with a champion that is good in its own world", async () => {
    const a = writeWorld(folder, "a");
    writeWorld(folder, "b");
    const payload = { ...training(model), dataset: { path: a }, model };
    expect(await finished(await submit("train", payload))).toMatchObject({
      promoted: true,
      modelVersion: "1",
    });
    expect((await check(a)).metrics.accuracy_score).toBeGreaterThan(0.9);
    expect(await incidents()).toEqual([]);
  });

  it("reports one incident per rule and starts one training, though two monitors check the same at once", async () => {
    // Held, so that all six checks are of version 1.
    await queues.queue("train").pause();
    const ids = await Promise.all(Array.from({ length: 6 }, () => submitCheck("b.csv")));
    const results = await Promise.all(ids.map((id) => finished<MonitorResult>(id)));
    const known = (await incidents()).map(({ alert }) => alert.rule).sort();
    expect(known.filter((rule) => rule !== "drift")).toEqual(["quality", "retrain", "search"]);
    expect(new Set(known).size).toBe(known.length);
    expect(
      results
        .flatMap(({ alerts }) => alerts)
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(known);
    const lines = results.flatMap(({ loop }) => loop ?? []);
    expect(lines.filter((line) => line.includes("started"))).toEqual([
      expect.stringMatching(/^rule retrain: train job retrain-.* started by check monitor-/),
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^rule search does not start a tune job: train job retrain-.* is under way/),
    );
    expect([await started("train", "retrain"), await started("tune", "search")]).toEqual([1, 0]);
    expect(await queues.queue("alerts").getJobCountByTypes("waiting")).toBe(known.length);
    expect(readdirSync(join(folder, "state", "alerts", "incidents")).length).toBe(known.length);
    await queues.queue("train").resume();
  });

  it("keeps every label that two monitors take in at once, and counts each once", async () => {
    const label = (id: number) => ({ id: `t${id}`, label: id % 2 === 0 ? "True" : "False" });
    // Five jobs of 40 labels; each shares half of them with the one before.
    const jobs = Array.from({ length: 5 }, (_, job) =>
      submit("labels", { model, labels: Array.from({ length: 40 }, (_, i) => label(job * 20 + i)) }),
    );
    const results = await Promise.all((await Promise.all(jobs)).map((id) => finished<LabelsResult>(id)));
    const sum = (key: "added" | "known" | "changed") => results.reduce((all, each) => all + each[key], 0);
    expect([sum("added"), sum("known"), sum("changed")]).toEqual([120, 80, 0]);
    expect(Math.max(...results.map(({ total }) => total))).toBe(120);
  });

  it("promotes what it trained by the champion rehearsal, and watches it", async () => {
    const trained = await finished<{ promoted: boolean; verdict: string }>(
      `retrain-${await idOf("retrain")}`,
    );
    expect([trained.promoted, await champion()]).toEqual([true, "2"]);
    const { loop, alerts } = await check("b.csv");
    expect(loop).toEqual([
      "rule retrain: version 2 is champion and watched for 2 checks",
      expect.stringMatching(
        /^rule retrain: version 2 has accuracy 1\.0000, version 1 0\.0000 on the same rows/,
      ),
    ]);
    expect(alerts.map(({ rule, status }) => `${rule} ${status}`)).toEqual(
      expect.arrayContaining(["retrain recovered", "search recovered", "quality recovered"]),
    );
  });

  it("rolls the new champion back if it is worse than the one before, and says it everywhere", async () => {
    const parentIncident = await idOf("retrain");
    const { loop, runId } = await check("a.csv");
    expect(loop).toContainEqual(
      expect.stringMatching(/^rule retrain: rolled back to version 1: version 2 has/),
    );
    // A rollback by hand would go back further from here, not forward to version 2: there is nothing earlier.
    expect([await champion(), await champion("previous")]).toEqual(["1", "1"]);
    const [parent] = await runsOf(`tags.\`colaml.incident\` = '${parentIncident}'`);
    expect(parent!.info.status).toBe("FINISHED");
    expect(tagsOf(parent!)).toMatchObject({
      "colaml.kind": "closed-loop",
      "colaml.step.started": expect.stringMatching(/train job retrain-/),
      "colaml.step.trained": "version 2 is champion and watched for 2 checks",
      "colaml.step.watch_2": expect.stringMatching(/rolled back to version 1/),
    });
    const children = await runsOf(`tags.\`mlflow.parentRunId\` = '${parent!.info.run_id}'`);
    const kinds = children.map((run) => tagsOf(run)["colaml.kind"] ?? tagsOf(run)["mlflow.source.name"]);
    // The check that breached, the training, two checks of the watch window, the rollback.
    expect([...kinds].sort()).toEqual(["monitor", "monitor", "monitor", "rollback", "trainer-worker"]);
    expect(children.map(({ info }) => info.run_id)).toContain(runId);
    expect(children.map(({ info }) => info.run_name)).toContain(`rollback ${model} v2 to v1`);
  });

  it("shows the training on Bull Board with what led to it and what became of it", async () => {
    const id = `retrain-${(await incidents()).filter(({ alert }) => alert.rule === "retrain").at(-1)!.alert.id}`;
    const board = await get<{ queues: { name: string; jobs: { id: string }[] }[] }>(
      "/admin/queues/api/queues?activeQueue=train&status=completed&page=1&jobsPerPage=20",
    );
    const shown = board.queues.find(({ name }) => name === "train")!.jobs.map((job) => job.id);
    expect(shown).toContain(id);
    const log = await get<string[]>(`/admin/queues/api/queues/train/${id}/logs`);
    // Beside the steps of the job, which workers write with their time.
    expect(log.filter((line) => !/^\d{4}-\d\d-\d\dT/.test(line))).toEqual([
      expect.stringMatching(/train job retrain-.* started by check monitor-/),
      expect.stringMatching(/version 2 is champion/),
      expect.stringMatching(/version 2 has accuracy 1\.0000/),
      expect.stringMatching(/rolled back to version 1/),
    ]);
  });

  it("starts nothing within the cooldown; a rule with a budget starts a tuning", async () => {
    const { loop } = await check("b.csv");
    expect(loop).toContainEqual("rule retrain does not start a train job: cooldown of 6h");
    expect(loop).toContainEqual(expect.stringMatching(/^rule search: tune job retrain-search-.* started/));
    const searchIncident = await idOf("search");
    const tuned = await finished<{ promoted: boolean; runId: string }>(`retrain-${searchIncident}`);
    expect([tuned.promoted, await champion()]).toEqual([true, "3"]);
    await check("a.csv");
    expect(await champion()).toBe("1");
    const [parent] = await runsOf(`tags.\`colaml.incident\` = '${searchIncident}'`);
    const children = await runsOf(`tags.\`mlflow.parentRunId\` = '${parent!.info.run_id}'`);
    expect(children.map(({ info }) => info.run_id)).toContain(tuned.runId);
  });

  it("starts nothing once the daily budget is used up", async () => {
    expect((await check("a.csv")).alerts).toContainEqual(
      expect.objectContaining({ rule: "search", status: "recovered" }),
    );
    const { loop } = await check("b.csv");
    expect(loop).toContainEqual("rule retrain does not start a train job: cooldown of 6h");
    expect(loop).toContainEqual("rule search does not start a tune job: daily budget of 1 is used up");
    expect([await started("train", "retrain"), await started("tune", "search")]).toEqual([1, 1]);
  });

  it("posts every alert to the webhook once, signed, though two monitors deliver", async () => {
    // A check ends with its alerts in the outbox, and they leave it when they are delivered.
    while (readdirSync(join(folder, "state", "alerts", "outbox")).length > 0) await delay(50);
    expect(posted.map(({ id }) => id).sort()).toEqual((await messages()).sort());
    expect(posted.every(({ headers }) => /^v1,/.test(String(headers["webhook-signature"])))).toBe(true);
  });

  it("reports one incident per rule though both monitors are killed in mid-work", async () => {
    await check("a.csv");
    const before = new Set((await incidents()).map(({ alert }) => alert.id));
    const finishedBefore = await queues.queue("monitor").getCompletedCount();
    const ids = await Promise.all(Array.from({ length: 6 }, () => submitCheck("b.csv")));
    while ((await queues.queue("monitor").getCompletedCount()) === finishedBefore) await delay(5);
    const monitors = monitorPids();
    expect(monitors).toHaveLength(2);
    for (const pid of monitors) process.kill(pid, "SIGKILL");
    await Promise.all(ids.map((id) => finished<MonitorResult>(id)));
    const now = (await incidents()).filter(({ alert }) => !before.has(alert.id));
    expect(now.map(({ alert }) => alert.rule).sort()).toEqual(["quality", "retrain", "search"]);
    expect([await started("train", "retrain"), await started("tune", "search")]).toEqual([1, 1]);
    while (readdirSync(join(folder, "state", "alerts", "outbox")).length > 0) await delay(50);
    // A message that was out when its sender was killed comes twice, under one id; none is missing.
    expect([...new Set(posted.map(({ id }) => id))].sort()).toEqual((await messages()).sort());
  });
});
