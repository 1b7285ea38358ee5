import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { AlertEngine } from "@colaml/monitor-worker/alerts/alert-engine";
import { AlertOutbox } from "@colaml/monitor-worker/alerts/alert-outbox";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { type LoopEntry, LoopStore } from "@colaml/monitor-worker/loop/loop-state";
import { checkpointSchema } from "@colaml/predictor-worker/predict/checkpoint/checkpoint";
import { BatchFolder } from "@colaml/predictor-worker/predict/folder/batch-folder";
import { batchRecordSchema } from "@colaml/predictor-worker/predict/folder/batch-record";
import { startOf } from "@colaml/producer/local/process-identity";
import { rememberedPorts, rememberPorts } from "@colaml/producer/local/server-ports";
import { findServers, lockState } from "@colaml/producer/local/state-lock";
import { findUp, writeUpRecord } from "@colaml/producer/local/up-record";
import { openLastKnown } from "@colaml/producer/serving/last-known";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { readReceipt, receiptPath } from "@colaml/shared/contracts/receipt";
import { DOCUMENTS, type DocumentKind } from "@colaml/shared/files/documents";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { RunEnds } from "@colaml/shared/mlflow/run-ends";
import { Spool } from "@colaml/shared/mlflow/spool";
import { keepVersion, keptPin } from "@colaml/shared/mlflow/version-cache";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { exampleAlert } from "../packages/shared/test/alerts/example-alert";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "documents-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What would be moved aside is a failure here. */
const refuse = (line: string) => {
  throw new Error(line);
};
const logger = {
  error: refuse,
  warn() {},
  info() {},
  debug() {},
  child: () => logger,
  close: async () => {},
};

const pinned = { name: "m", version: "3", runId: "r", source: "s", manifestSha256: "0".repeat(64) };
const alert = exampleAlert("quality-m-1");
const jobKey = "0".repeat(32);
const rows = [{ id: "1", label: "True" }];

const spool = () => new Spool(stateFolder(folder).spool, refuse);
async function put() {
  const record = {
    publishId: "p",
    experiment: "e",
    runName: "r",
    startTime: 1,
    endTime: 2,
    artifacts: new Map(),
  };
  const lists = { params: [], metrics: [], tags: [], datasets: [] };
  await spool().put({ v: 1, jobKey, record: { ...record, ...lists } });
  return (await spool().list())[0]!;
}
async function* batchesOf<T>(rowsOfOne: T[]) {
  yield rowsOfOne;
}
const engine = () =>
  new AlertEngine({ stateDir: folder, incidents: new IncidentStore(folder, refuse), sinks: [], logger });
const outbox = (sent: object[] = []) =>
  new AlertOutbox({
    stateDir: folder,
    send: async (one) => void sent.push(one),
    giveUpAfterMs: 1,
    filesKept: 10,
    logger,
  });
const runEnds = () => {
  const flags = { "mlflow.trackingUri": "http://127.0.0.1:9", "mlflow.maxRetries": 0 };
  const { mlflow } = resolveConfig({ flags });
  return new RunEnds(createMlflowClient(mlflow), stateFolder(folder).runEnds, logger);
};
const lastKnown = () => openLastKnown(stateFolder(folder).serving, "http://mlflow", refuse);
const reference = { uri: "models:/m@champion", name: "m", follows: "champion" };
const check = { id: "c", at: "2026-01-01T00:00:00Z", modelVersion: "3", rows: 5, n: 5, verdict: "pass" };
const retraining: LoopEntry = {
  ...{ incident: "i", rule: "quality", queue: "train", jobId: "j", startedAt: "2026-01-01T00:00:00Z" },
  ...{ status: "training", before: { version: "3" }, checks: 0, watchChecks: 1, experiment: "e", untold: [] },
} as LoopEntry;
const output = () => join(folder, "out.csv");
const batch = () => new BatchFolder(output(), refuse);
const field = { name: "text", place: 0 };
const record = {
  ...{ id: "b", request: "0".repeat(64), input: { size: 5, mtimeMs: 1, inode: 1 } },
  plan: {
    input: { format: "csv", newline: 10, fields: 1, text: field },
    output: { format: "csv", compression: "none", passThrough: [], explain: 0, spreadsheetSafe: false },
    model: pinned,
  },
  ...{ dataStart: 5, firstLine: 2, chunkBytes: 100, startedAt: "2026-01-01T00:00:00Z" },
};
const checkpoint = {
  ...{
    nextChunk: 1,
    inputOffset: 9,
    line: 3,
    row: 1,
    outputBytes: 9,
    rejectedBytes: 0,
    rows: 1,
    rejected: 0,
  },
  chunks: [{ index: 0, start: 5, end: 9, rows: 1, rejected: 0 }],
  ...{ invalidUtf8: 0, setAside: [], complete: false },
};
const up = {
  ...{ pid: process.pid, start: startOf(process.pid), startedAt: "2026-01-01T00:00:00Z" },
  ...{ redisUrl: "redis://127.0.0.1:1", mlflowUri: "http://127.0.0.1:1", apiUrl: "http://127.0.0.1:1" },
};
const receipt = {
  ...{ v: 1, jobId: "j", model: { name: "m", version: "3", manifestSha256: "" } },
  ...{ input: { path: "a", bytes: 0, sha256: "" }, output: { path: "b", bytes: 0, sha256: "" } },
  ...{
    rows: { in: 0, out: 0, rejected: 0, setAside: 0, duplicates: 0 },
    invalidUtf8: 0,
    chunks: [],
    setAside: [],
  },
  ...{ settings: {}, startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:01Z", seconds: 1 },
};
const claimed = async () => void (await batch().claim({ jobId: "j", epoch: "e" }));

/** Writes a document of a kind as the product does, and reads it as the product does. */
interface Case {
  write(): Promise<unknown>;
  read(): Promise<unknown>;
}

const CASES: Record<Exclude<DocumentKind, "lateLabels">, Case> = {
  pinnedModel: {
    write: () => keepVersion(stateFolder(folder).models, pinned, new Map(), "http://mlflow"),
    read: () => keptPin(stateFolder(folder).models, "m", "3", "http://mlflow"),
  },
  lastKnown: {
    write: () => lastKnown().write(reference, pinned),
    read: () => lastKnown().read(reference),
  },
  publication: { write: put, read: async () => spool().read((await spool().list())[0]!) },
  publishedResult: {
    write: async () => {
      const name = await put();
      await spool().complete(name, await spool().read(name), { runId: "r" });
    },
    read: () => spool().resultOf(jobKey),
  },
  runEnd: {
    write: () =>
      runEnds().end({ experiment: "e", by: "job", id: jobKey }, { code: "JOB_FAILED", message: "m" }),
    read: () => runEnds().read(`job-${jobKey}.json`),
  },
  refusal: {
    write: async () => spool().setAside(await put(), "too large"),
    read: () => spool().refused(),
  },
  alertState: {
    write: () => engine().evaluate(pinned, [], "check"),
    read: () => engine().evaluate(pinned, [], "check"),
  },
  checkHistory: {
    write: () => new CheckHistory(folder, refuse).append("m", check),
    read: () => new CheckHistory(folder, refuse).read("m"),
  },
  loopState: {
    write: () => new LoopStore(folder, refuse).write("m", [retraining]),
    read: () => new LoopStore(folder, refuse).read("m"),
  },
  incidentAlert: {
    write: () => new IncidentStore(folder, refuse).record(alert),
    read: () => new IncidentStore(folder, refuse).list(),
  },
  acknowledgement: {
    write: async () => {
      await new IncidentStore(folder, refuse).record(alert);
      await new IncidentStore(folder, refuse).acknowledge(alert.id, "ana", new Date(0));
    },
    read: () => new IncidentStore(folder, refuse).list(),
  },
  letter: {
    write: () => outbox().put(alert),
    read: async () => {
      const sent: object[] = [];
      await outbox(sent).flush();
      return sent;
    },
  },
  upRecord: {
    write: () => writeUpRecord(folder, up),
    read: () => findUp(folder, () => {}),
  },
  serversRecord: { write: () => lockState(folder, refuse), read: async () => findServers(folder, refuse) },
  serverPorts: {
    write: () => rememberPorts(folder, { redis: 1_111, mlflow: 2_222 }),
    read: () => rememberedPorts(folder, refuse),
  },
  batchOwner: { write: claimed, read: () => batch().readOwner() },
  batchRecord: {
    write: async () => {
      await claimed();
      await batch().write("batch.json", record);
    },
    read: () => batch().read("batch.json", batchRecordSchema),
  },
  checkpoint: {
    write: async () => {
      await claimed();
      await batch().write("checkpoint.json", checkpoint);
    },
    read: () => batch().read("checkpoint.json", checkpointSchema),
  },
  receipt: {
    write: async () => {
      await claimed();
      await batch().write("receipt.json", receipt);
      cpSync(join(batch().path, "receipt.json"), receiptPath(output()));
    },
    read: () => readReceipt(output()),
  },
};

/** The one file below the folder that a path with `<names>` stands for. */
function fileOf(path: string): string {
  const pattern = new RegExp(`^${path.replace(/[.$]/g, "\\$&").replace(/<\w+>/g, "[^/]+")}$`);
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    pattern.test(name),
  );
  expect(found).toHaveLength(1);
  return join(folder, found[0]!);
}

const documentsThere = () => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

describe.each(Object.entries(CASES))("a document of the kind %s", (name, { write, read }) => {
  const { path, v } = DOCUMENTS[name as DocumentKind];

  it("says its version, and is read without one as what an older release wrote", async () => {
    await write();
    const file = fileOf(path);
    const content = JSON.parse(readFileSync(file, "utf8")) as object;
    expect(content).toMatchObject({ v });
    const { v: _, ...older } = content as { v: number };
    writeFileSync(file, `${JSON.stringify(name === "loopState" ? [retraining] : older)}\n`);
    const before = await read();
    expect(before).toBeDefined();
    expect(before).not.toEqual([]);
    if (name === "letter") return; // it has left the outbox
    writeFileSync(file, `${JSON.stringify(content)}\n`);
    expect(await read()).toEqual(before);
  });

  it("of a newer release is refused in one line and stays as it is", async () => {
    await write();
    const file = fileOf(path);
    const content = JSON.parse(readFileSync(file, "utf8")) as object;
    const newer = `${JSON.stringify({ ...content, v: v + 1, more: "of it" })}\n`;
    writeFileSync(file, newer);
    const there = documentsThere();
    await expect(read()).rejects.toThrow(
      new RegExp(
        `${relative(folder, file).replaceAll(/[.$]/g, "\\$&")} is of version ${v + 1}, written by a newer release; .*: use the newer release, or [^\\n]*$`,
      ),
    );
    expect([readFileSync(file, "utf8"), documentsThere()]).toEqual([newer, there]);
  });
});

describe("late labels", () => {
  it("say a later version in their name, and are refused by it", async () => {
    await new LabelStore(folder).add("m", batchesOf(rows));
    const file = fileOf(DOCUMENTS.lateLabels.path);
    expect((await new LabelStore(folder).load("m")).size).toBe(1);
    renameSync(file, file.replace(/\.ndjson$/, ".v2.ndjson"));
    mkdirSync(dirname(file), { recursive: true });
    await expect(new LabelStore(folder).load("m")).rejects.toMatchObject({ code: "STATE_NEWER" });
    await expect(new LabelStore(folder).add("m", batchesOf(rows))).rejects.toMatchObject({
      code: "STATE_NEWER",
    });
  });
});
