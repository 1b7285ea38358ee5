import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { loadModel, resolveModel } from "@colaml/shared/mlflow/load-model";
import { type Deployment, openDeployment, type Size } from "./deployment";
import type { Release } from "./fleet";
import { type Injector, injectorsOf } from "./injectors";
import { type SubmittedKind, trainingPayload } from "./jobs";
import { strangeFiles, strangeKeys, strangeProcesses } from "./leftovers";
import { endIncident, judgeIncidents, judgeLabels, judgeMlflow, untilDelivered } from "./oracle";
import type { Outcome, StrikeCounts } from "./report";
import { planStrikes } from "./schedule";
import { ScheduledChecks } from "./scheduled-checks";
import { Workload } from "./workload";
import { type World, writeTrainingFile, writeWorld } from "./world";

/** How a run is done. */
export interface FaultRun {
  minutes: number;
  seed: number;
  older: Release | undefined;
  size: Size;
  /** Jobs of each kind under way at a time. */
  lanes: Partial<Record<SubmittedKind, number>>;
  /** Rows of the inputs of batches. */
  inputRows: readonly number[];
  /** Milliseconds between two strikes. */
  gapMs: { least: number; most: number };
  say: (line: string) => void;
}

/** How long the first processes and models may take. */
const START_MS = 180_000;
/** Nothing gets on for this long although all is well again: it never will. */
const STUCK_MS = 180_000;

/** Runs jobs of every kind while everything fails in turn, then looks at what is there. */
export async function runFaults(run: FaultRun): Promise<Outcome> {
  const deployment = await openDeployment(run.size, run.older);
  let isSound = false;
  try {
    const bundle = await firstModel(deployment, run);
    const world = await writeWorld(deployment.data, bundle, run.inputRows);
    const workload = new Workload(deployment, world);
    const scheduled = new ScheduledChecks(deployment, workload, world);
    await scheduled.start(run.minutes);
    run.say("jobs are under way; faults begin");
    workload.start(run.lanes, run.seed);
    const injectors = injectorsOf(deployment);
    const { strikes, runs } = await strikeUntilTheEnd(injectors, workload, run);
    run.say("faults are over; waiting for the jobs");
    const outcome = await judge(deployment, workload, scheduled, world, run);
    await Promise.all(runs);
    isSound = outcome.problems.length === 0;
    const missing = new Map(injectors.flatMap(({ kind, missing: why }) => (why ? [[kind, why]] : [])));
    return { ...outcome, strikes, missing };
  } finally {
    await deployment.fleet.stop();
    await deployment.close(!isSound);
  }
}

/** Trains version 1 before anything fails, which all jobs name; for comparisons version 2 as well. */
async function firstModel(
  { api, data, model, mlflow, folder }: Deployment,
  { lanes }: FaultRun,
): Promise<ModelBundle> {
  const until = async (what: string, isSo: () => Promise<boolean>) => {
    for (const deadline = Date.now() + START_MS; !(await isSo().catch(() => false)); await delay(200)) {
      if (Date.now() > deadline) throw new Error(`${what}: see the logs in ${folder}`);
    }
  };
  await writeTrainingFile(data);
  for (const number of lanes.compare ? [1, 2] : [1]) {
    await until("the server takes no jobs", async () => {
      const answer = await fetch(`${api}/jobs/train`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": `first-${number}` },
        body: JSON.stringify(trainingPayload(model, number)),
      });
      return answer.status === 202;
    });
    await until("no model was trained", async () => {
      const versions = await mlflow.registry.versions(model);
      const { status } = await mlflow.runs.get(
        versions.find(({ version }) => version === `${number}`)!.runId,
      );
      return status === "FINISHED";
    });
  }
  const pinned = await resolveModel(mlflow, `models:/${model}/1`);
  return (await loadModel(mlflow, pinned, { cacheDir: join(folder, "models") })).bundle;
}

async function strikeUntilTheEnd(
  injectors: readonly Injector[],
  workload: Workload,
  { minutes, seed, gapMs, say }: FaultRun,
) {
  const strikes = new Map<string, StrikeCounts>();
  const byKind = new Map(injectors.map((injector) => [injector.kind, injector]));
  const kinds = injectors.filter(({ missing }) => missing === undefined).map(({ kind }) => kind);
  const busy = new Map<string, Promise<void>>();
  const recoveries: Promise<void>[] = [];
  const end = Date.now() + minutes * 60_000;
  const plan = planStrikes(kinds, seed, gapMs);
  while (Date.now() < end) {
    const { kind, gapMs: gap, random } = plan.next().value;
    await delay(gap);
    const { target, strike } = byKind.get(kind)!;
    if (busy.has(target)) continue;
    say(`strike: ${kind}`);
    const counts = strikes.get(kind) ?? { times: 0, recoveries: [] };
    strikes.set(kind, counts);
    counts.times++;
    const over = strike(random).finally(() => busy.delete(target));
    busy.set(target, over);
    recoveries.push(
      over.then(async () => {
        const ms = await workload.untilProgress();
        if (ms !== undefined) counts.recoveries.push(ms);
      }),
    );
  }
  await Promise.all(busy.values());
  return { strikes, runs: recoveries };
}

async function judge(
  deployment: Deployment,
  workload: Workload,
  scheduled: ScheduledChecks,
  world: World,
  { seed, minutes }: FaultRun,
): Promise<Omit<Outcome, "strikes" | "missing">> {
  const { fleet, folder } = deployment;
  for (const role of fleet.roles) {
    if (fleet.releaseOf(role) !== deployment.releases.newer)
      await fleet.restart(role, "SIGTERM", { release: deployment.releases.newer });
  }
  const facts = { seed, minutes, workload, folder };
  const stuck = await untilFinished(workload);
  if (stuck.length > 0) {
    const problems = [...workload.problems, ...stuck];
    return { ...facts, problems, told: undefined, recorded: undefined };
  }
  const ofSchedule = await scheduled.finish();
  const ofLabels = await judgeLabels(deployment, workload);
  await endIncident(deployment, workload, world);
  const undelivered = await untilDelivered(deployment);
  const { problems: ofIncidents, told } = await judgeIncidents(deployment, workload);
  const { problems: ofMlflow, recorded } = await judgeMlflow(deployment, workload);
  const unstopped = await fleet.stop();
  const left = [
    ...(await strangeKeys(deployment)).map((key) => `left in Redis: ${key}`),
    ...strangeFiles(deployment).map((file) => `left on disk: ${file}`),
    ...(await strangeProcesses(fleet.mark)).map((name) => `left running: ${name}`),
  ];
  const ended = fleet.endedByItself.map((name) => `ended by itself: ${name}`);
  const ofJobs = [workload.problems, ofSchedule, ofLabels, undelivered, ofIncidents, ofMlflow];
  return { ...facts, told, recorded, problems: [...ofJobs, unstopped, ended, left].flat() };
}

/** @returns the jobs that do not get on, if there are any */
async function untilFinished(workload: Workload): Promise<string[]> {
  let isOver = false;
  const over = workload.finish().then(() => {
    isOver = true;
  });
  while (!isOver) {
    if (workload.quietMs > STUCK_MS) return workload.open.map((job) => `stuck: ${job}`);
    await Promise.race([over, delay(500)]);
  }
  return [];
}

/** A release that was built elsewhere. @throws Error if it is not built */
export function olderRelease(root: string, name: string): Release {
  if (!existsSync(join(root, "packages/producer/dist/main.js"))) throw new Error(`${root} is not built`);
  return { name, root };
}
