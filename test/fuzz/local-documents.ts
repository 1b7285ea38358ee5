import { join } from "node:path";
import { startOf } from "@colaml/producer/local/process-identity";
import { rememberedPorts } from "@colaml/producer/local/server-ports";
import { findServers, lockState } from "@colaml/producer/local/state-lock";
import { findUp } from "@colaml/producer/local/up-record";
import { openLastKnown } from "@colaml/producer/serving/last-known";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { RunEnds } from "@colaml/shared/mlflow/run-ends";
import type { PublishedRuns, SeriesRecord } from "@colaml/shared/mlflow/run-series";
import { Spool, type Spooled } from "@colaml/shared/mlflow/spool";
import { keptPin } from "@colaml/shared/mlflow/version-cache";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { beside, type Document, logger, pinned, report, root, state } from "./state-place";

const jobKey = "0".repeat(32);
const name = `000001767225600-${jobKey}`;
const entry = join(state.spool, name);
beside(join(entry, "artifacts", "r.html"), "report");
beside(join(entry, "model", "bundle.json"), "{}");
beside(join(state.spool, `refused-${name}`, "publication.json"), {});
const spool = () => new Spool<Spooled & { record: SeriesRecord }, PublishedRuns>(state.spool, report);

const { mlflow } = resolveConfig({ flags: { "mlflow.trackingUri": "http://127.0.0.1:9" } });
const runEnds = new RunEnds(createMlflowClient(mlflow), state.runEnds, logger);

const tags = [{ key: "k", value: "v" }];
const metrics = [{ key: "accuracy_score", value: 0.75, step: 0 }];
const dataset = {
  ...{ context: "test", name: "d", digest: "0", sourceType: "local" },
  ...{ source: "{}", schema: "{}", profile: "{}" },
};
const publication = {
  ...{ v: 1, jobKey },
  record: {
    ...{ publishId: "p", experiment: "e", runName: "r", startTime: 1, endTime: 2, params: tags, tags },
    ...{ metrics, datasets: [dataset], artifacts: ["r.html"] },
    series: { seriesId: "s", runName: "r", tags, step: 1, metrics },
  },
  model: {
    ...{ name: "m", classes: ["a", "b"], textColumn: "text", inputExample: "help" },
    ...{ files: ["bundle.json"], versionTags: tags },
  },
};

/** With the names of files in the place of their content. */
async function readPublication(): Promise<unknown> {
  const { record, model, ...rest } = await spool().read(name);
  return {
    ...rest,
    record: { ...record, artifacts: [...record.artifacts.keys()] },
    ...(model && { model: { ...model, files: [...model.files.keys()] } }),
  };
}

/** A file that is named twice is one. */
function onceEach(written: unknown): unknown {
  const { record, model, ...rest } = written as typeof publication;
  return {
    ...rest,
    record: { ...record, artifacts: [...new Set(record.artifacts)] },
    ...(model && { model: { ...model, files: [...new Set(model.files)] } }),
  };
}

const own = { pid: process.pid, start: startOf(process.pid) };
const isAnothers = (pid: unknown, start: unknown) => pid !== own.pid || start !== own.start;

/** What `cola` and the server keep of servers, models and publications. */
export const LOCAL_DOCUMENTS: Record<string, Document> = {
  publication: {
    kind: "publication",
    path: join(entry, "publication.json"),
    lines: [publication],
    read: readPublication,
    truth: onceEach,
  },
  publishedResult: {
    kind: "publishedResult",
    path: join(state.spool, "results", `${jobKey}.json`),
    lines: [{ v: 1, runId: "r", model: "m", modelVersion: "3", promoted: true, verdict: "better" }],
    read: () => spool().resultOf(jobKey),
  },
  refusal: {
    kind: "refusal",
    path: join(state.spool, `refused-${name}`, "refusal.json"),
    lines: [{ v: 1, reason: "too large" }],
    read: async () => {
      const [refused] = await spool().refused();
      return refused?.reason === "the reason was not kept" ? undefined : { reason: refused!.reason };
    },
  },
  runEnd: {
    kind: "runEnd",
    path: join(state.runEnds, `job-${jobKey}.json`),
    lines: [{ v: 1, experiment: "e", by: "job", id: jobKey, reason: { code: "JOB_FAILED", message: "m" } }],
    read: () => runEnds.read(`job-${jobKey}.json`),
  },
  ports: {
    kind: "serverPorts",
    path: state.serverPorts,
    lines: [{ v: 1, redis: 6379, mlflow: 5000 }],
    read: async () => {
      const { redis, mlflow } = await rememberedPorts(root, report);
      const known = { ...(redis && { redis }), ...(mlflow && { mlflow }) };
      return redis === undefined && mlflow === undefined ? undefined : known;
    },
    isOthers: (written) => !("redis" in (written as object)) && !("mlflow" in (written as object)),
  },
  lock: {
    kind: "serversRecord",
    path: state.serversLock,
    lines: [{ v: 1, ownerPid: own.pid, ownerStart: own.start, childPids: [2 ** 30], redisUrl: "redis://x" }],
    read: async () => {
      const found = findServers(root, report);
      if (found === undefined) (await lockState(root, report, 0)).release();
      return found;
    },
    isOthers: (written) => {
      const { ownerPid, ownerStart } = written as { ownerPid: unknown; ownerStart: unknown };
      return isAnothers(ownerPid, ownerStart);
    },
  },
  up: {
    kind: "upRecord",
    path: state.upRecord,
    lines: [
      {
        ...{ v: 1, ...own, redisUrl: "redis://x", mlflowUri: "http://x", apiUrl: "http://127.0.0.1:9" },
        startedAt: "2026-01-01T00:00:00.000Z",
      },
    ],
    read: () => findUp(root, report),
    isOthers: (written) => isAnothers((written as typeof own).pid, (written as typeof own).start),
  },
  lastKnown: {
    kind: "lastKnown",
    path: join(state.serving, "m@champion.json"),
    lines: [{ v: 1, address: "http://x", pinned }],
    read: async () => {
      const reference = { uri: "models:/m@champion", name: "m", follows: "champion" };
      const found = await openLastKnown(state.serving, "http://x", report).read(reference);
      return found && { pinned: found };
    },
    isOthers: (written) => {
      const { address, pinned: kept } = written as { address: unknown; pinned: typeof pinned };
      return address !== "http://x" || kept.name !== "m";
    },
  },
  pin: {
    kind: "pinnedModel",
    path: join(state.models, "m", "3", ".pinned.json"),
    lines: [{ v: 1, ...pinned, address: "http://x" }],
    read: () => keptPin(state.models, "m", "3", "http://x"),
    isOthers: (written) => {
      const kept = written as typeof pinned & { address: unknown };
      return kept.address !== "http://x" || kept.name !== "m" || kept.version !== "3";
    },
  },
};
