import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { RUN_TAGS } from "@colaml/shared/mlflow/run-tags";
import type { RunInfo } from "@colaml/shared/mlflow/runs";
import type { Deployment } from "./deployment";
import { differentIds } from "./jobs";
import type { Workload } from "./workload";
import type { World } from "./world";

/** What waits for MLflow or the webhook is looked at every 15 s by whoever has it. */
const DELIVERED_MS = 120_000;

/**
 * Waits until nothing is on its way to MLflow or the webhook, and has what MLflow refused tried again, as a person does
 * with `cola publish --retry-refused`.
 *
 * @returns what still waits
 */
export async function untilDelivered({ state, queues }: Deployment): Promise<string[]> {
  const { spool, spoolChecks, outbox, runEnds } = stateFolder(state);
  if ([spool, spoolChecks].some((folder) => listed(folder).some((name) => name.startsWith("refused-"))))
    await queues.add("publish", { v: 1, retry_refused: true });
  const waiting = () =>
    [spool, spoolChecks, outbox, runEnds].flatMap((folder) =>
      listed(folder)
        .filter((name) => name !== "results" && !name.startsWith("."))
        .map((name) => `${folder}/${name} was not delivered`),
    );
  for (const deadline = Date.now() + DELIVERED_MS; waiting().length > 0; await delay(200)) {
    if (Date.now() > deadline) break;
  }
  return waiting();
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Every label of every delivery is stored once, and none was counted as new twice. */
export async function judgeLabels({ model, state }: Deployment, workload: Workload): Promise<string[]> {
  const added = workload.jobs
    .filter(({ kind, result }) => kind === "labels" && result !== undefined)
    .reduce((sum, { result }) => sum + (result as { added: number }).added, 0);
  const stored = (await new LabelStore(state).load(model)).size;
  const expected = differentIds(workload.counts.labels.submitted);
  if (stored === expected && added <= expected) return [];
  return [`labels: ${stored} ids stored, ${added} counted as new, instead of ${expected}`];
}

/** A last check of good rows ends what incident there is. */
export async function endIncident(deployment: Deployment, workload: Workload, world: World): Promise<void> {
  const { model } = deployment;
  const payload = { input: { path: world.right }, model: `models:/${model}/1`, experiment: model };
  await workload.run(
    { kind: "monitor", queue: "monitor", payload, judge: () => ({ problems: [] }) },
    "last-check",
  );
}

/** What is told of incidents. */
export interface Told {
  incidents: number;
  messages: number;
  /** Messages that the webhook took again, under the same id. */
  again: number;
}

/** Each incident began and ended once, for everybody: store, checks, queue and webhook. */
export async function judgeIncidents(
  { state, queues, webhook }: Deployment,
  workload: Workload,
): Promise<{ problems: string[]; told: Told }> {
  const problems: string[] = [];
  const incidents = await new IncidentStore(state, (line) => problems.push(line)).list();
  // Drift goes on: these rows are not the training's. The last check was of good quality.
  const open = incidents.filter(({ recovered }) => recovered === undefined).map(({ alert }) => alert);
  const ofDrift = open.filter(({ rule }) => rule === "drift");
  const forgotten = [...open.filter(({ rule }) => rule !== "drift"), ...ofDrift.slice(1)];
  problems.push(...forgotten.map(({ id }) => `incident ${id} never ended`));
  const messages = incidents.flatMap(({ alert, recovered }) => [
    `${alert.id}.firing`,
    ...(recovered ? [`${alert.id}.recovered`] : []),
  ]);
  const byChecks = workload.jobs
    .flatMap(({ result }) => (result as { alerts?: Alert[] } | undefined)?.alerts ?? [])
    .map(({ id, status }) => `${id}.${status}`);
  const onQueue = (await queues.queue("alerts").getJobs(["waiting"])).map(
    ({ data }) => `${(data as Alert).id}.${(data as Alert).status}`,
  );
  problems.push(
    ...difference("the checks' results", byChecks, messages),
    ...difference("the queue", onQueue, messages),
    ...difference("the webhook", [...new Set(webhook.taken)], messages),
  );
  const again = webhook.taken.length - new Set(webhook.taken).size;
  return { problems, told: { incidents: incidents.length, messages: messages.length, again } };
}

function difference(where: string, found: readonly string[], expected: readonly string[]): string[] {
  const twice = found.filter((each, i) => found.indexOf(each) !== i);
  const missing = expected.filter((each) => !found.includes(each));
  const strange = found.filter((each) => !expected.includes(each));
  return [
    ...missing.map((each) => `${each} is not in ${where}`),
    ...strange.map((each) => `${each} is in ${where} and not among the incidents`),
    ...twice.map((each) => `${each} is twice in ${where}`),
  ];
}

/** What MLflow holds of the run. */
export interface Recorded {
  runs: number;
  /** Runs of attempts that were killed or failed, and are marked so. */
  ended: number;
  versions: number;
}

/** One finished run per training, search and check, none that still runs; one version per training; one champion. */
export async function judgeMlflow(
  { mlflow, model }: Deployment,
  workload: Workload,
): Promise<{ problems: string[]; recorded: Recorded }> {
  const problems: string[] = [];
  const experiment = await mlflow.experiments.ensure(model);
  const runs = await mlflow.runs.search([experiment], "", 10_000);
  const versions = await mlflow.registry.versions(model);
  const running = runs.filter(({ status }) => status === "RUNNING");
  problems.push(...running.map(({ runId, tags }) => `run ${runId} is RUNNING: ${tags[RUN_TAGS.jobId]}`));
  for (const { kind, id } of workload.jobs) {
    if (kind === "train" || kind === "monitor") problems.push(...oneRun(runs, id));
    if (kind === "train") {
      const [run] = finishedOf(runs, id);
      const found = versions.filter(({ runId }) => runId === run?.runId).length;
      if (found !== 1) problems.push(`${id}: ${found} versions instead of 1`);
    }
  }
  const champion = (await mlflow.registry.aliases(model)).get("champion");
  const trained = versions.map(({ version }) => version);
  if (champion === undefined || !trained.includes(champion)) problems.push(`champion: ${champion}`);
  const ended = runs.filter(({ status }) => status === "FAILED" || status === "KILLED").length;
  return { problems, recorded: { runs: runs.length, ended, versions: versions.length } };
}

/** A run of a training names its job, one of a check has the job's id in what it is published by. */
const finishedOf = (runs: readonly RunInfo[], id: string) =>
  runs.filter(
    ({ status, tags }) =>
      status === "FINISHED" &&
      (tags[RUN_TAGS.jobId] === id || tags[RUN_TAGS.publishId]?.startsWith(`monitor-${id}-`)),
  );

function oneRun(runs: readonly RunInfo[], id: string): string[] {
  const found = finishedOf(runs, id).length;
  return found === 1 ? [] : [`${id}: ${found} finished runs instead of 1`];
}
