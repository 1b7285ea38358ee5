import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabelStore } from "@colaml/monitor-worker/labels/label-store";
import { brakeOf, LoopStore } from "@colaml/monitor-worker/loop/loop-state";
import { checkpointSchema } from "@colaml/predictor-worker/predict/checkpoint/checkpoint";
import { BatchFolder } from "@colaml/predictor-worker/predict/folder/batch-folder";
import { batchRecordSchema } from "@colaml/predictor-worker/predict/folder/batch-record";
import { rememberedPorts } from "@colaml/producer/local/server-ports";
import { findServers } from "@colaml/producer/local/state-lock";
import { findUp } from "@colaml/producer/local/up-record";
import { openLastKnown } from "@colaml/producer/serving/last-known";
import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { receiptPath, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { keptPin } from "@colaml/shared/mlflow/version-cache";
import { requestOfReceipt } from "@colaml/shared/outputs/batch-request";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import { examplePlan } from "../../packages/predictor-worker/test/scoring/example-model";
import { PAYLOADS } from "./job-cases";

/** The state folder; who uses it removes it. */
export const root = mkdtempSync(join(tmpdir(), "colaml-fuzz-state-"));
const state = stateFolder(root);
/** Lines about what cannot be read. */
export const reported: string[] = [];
const report = (line: string) => void reported.push(line);

const alert = PAYLOADS.find(({ queue }) => queue === "alerts")!.payload;
const pinned = { name: "m", version: "3", runId: "r", source: "s", manifestSha256: "0" };
/** An output with a receipt beside it. */
export const output = join(root, "out.csv");
const batch = join(root, ".out.csv.colaml");
const entry = { index: 0, start: 9, end: 99, rows: 2, rejected: 1, sha256: "0" };
const labelFile = join(state.labels, "m", `000000001-${"0".repeat(64)}.ndjson`);

/** A document of the state folder or beside an output: what is in it, and who reads it. */
export interface Document {
  path: string;
  lines: object[];
  read(): Promise<unknown>;
}

/** Each kind as it is written. */
export const DOCUMENTS: Record<string, Document> = {
  incident: {
    path: join(state.incidents, "a1", "firing.json"),
    lines: [alert],
    read: () => new IncidentStore(root, report).list(),
  },
  loop: {
    path: state.loopState("m"),
    lines: [
      [
        {
          incident: "a1",
          rule: "q",
          queue: "train",
          jobId: "j",
          startedAt: "2026-01-01T00:00:00.000Z",
          status: "failed",
          before: { version: "1" },
          checks: 0,
          watchChecks: 3,
          experiment: "e",
          untold: [],
        },
      ],
    ],
    read: async () => {
      const entries = await new LoopStore(root, report).read("m");
      // a training ten minutes ago brakes, whatever else is in the entry
      const now = new Date("2026-01-01T00:10:00.000Z");
      const brake = brakeOf(entries, "q", { cooldown: "6h", dailyBudget: 2 }, now);
      for (const { rule, startedAt } of entries) {
        if (rule === "q" && !(Date.parse(startedAt) < now.getTime() - 6 * 3_600_000))
          expect(brake).toBeDefined();
      }
    },
  },
  history: {
    path: state.checkHistory("m"),
    lines: [1, 2].map((number) => ({
      id: `c${number}`,
      number,
      at: "2026-01-01T00:00:00.000Z",
      modelVersion: "3",
      rows: 9,
      n: 9,
      verdict: "pass",
    })),
    read: async () => {
      const history = new CheckHistory(root, report);
      const before = await history.read("m");
      const number = await history.append("m", {
        ...before[0]!,
        id: "new",
        at: "",
        modelVersion: "3",
        rows: 1,
        n: 1,
        verdict: "pass",
      });
      expect(number).toBeGreaterThan(0);
    },
  },
  labels: {
    path: labelFile,
    lines: [
      ["1", "a"],
      ["2", "b"],
      ["1", "b"],
    ],
    read: async () => (await new LabelStore(root).load("m")).size,
  },
  ports: {
    path: state.serverPorts,
    lines: [{ v: 1, redis: 6379, mlflow: 5000 }],
    read: () => rememberedPorts(root, report),
  },
  lock: {
    path: state.serversLock,
    lines: [{ ownerPid: 2 ** 30, childPids: [2 ** 30], redisUrl: "redis://x" }],
    read: async () => expect(findServers(root)).toBeUndefined(),
  },
  up: {
    path: state.upRecord,
    lines: [
      {
        pid: 2 ** 30,
        redisUrl: "redis://x",
        mlflowUri: "http://x",
        apiUrl: "http://127.0.0.1:9",
        startedAt: "2026-01-01T00:00:00.000Z",
        start: "5",
      },
    ],
    read: async () => expect(await findUp(root, report)).toBeUndefined(),
  },
  lastKnown: {
    path: join(state.serving, "m@champion.json"),
    lines: [{ v: 1, address: "http://x", pinned }],
    read: () =>
      openLastKnown(state.serving, "http://x", report).read({ name: "m", follows: "champion" } as never),
  },
  pin: {
    path: join(state.models, "m", "3", ".pinned.json"),
    lines: [{ ...pinned, address: "http://x" }],
    read: () => keptPin(state.models, "m", "3", "http://x"),
  },
  receipt: {
    path: receiptPath(output),
    lines: [
      {
        v: 1,
        jobId: "j",
        input: { path: output, bytes: 0, sha256: "0" },
        output: { path: output, bytes: 0, sha256: "0" },
        model: { name: "m", version: "3", manifestSha256: "0" },
        rows: { in: 3, out: 2, rejected: 1, setAside: 0, duplicates: 0 },
        rejectedByReason: { "no text": 1 },
        invalidUtf8: 0,
        chunks: [entry],
        setAside: [],
        settings: { plan: { input: examplePlan().input, output: examplePlan().output } },
        startedAt: "2026-01-01T00:00:00.000Z",
        finishedAt: "2026-01-01T00:00:01.000Z",
        seconds: 1,
      },
    ],
    read: async () => requestOfReceipt((await verifyReceipt(output)).receipt),
  },
  batch: {
    path: join(batch, "batch.json"),
    lines: [
      {
        v: 1,
        id: "b1",
        request: "0",
        input: { size: 9, mtimeMs: 1, inode: 1 },
        plan: examplePlan(),
        dataStart: 9,
        firstLine: 2,
        chunkBytes: 99,
        startedAt: "",
      },
    ],
    read: () => new BatchFolder(output).read("batch.json", batchRecordSchema),
  },
  checkpoint: {
    path: join(batch, "checkpoint.json"),
    lines: [
      {
        v: 1,
        nextChunk: 1,
        inputOffset: 99,
        line: 5,
        row: 3,
        outputBytes: 9,
        rejectedBytes: 9,
        rows: 2,
        rejected: 1,
        invalidUtf8: 0,
        chunks: [entry],
        setAside: [],
        complete: false,
      },
    ],
    read: () => new BatchFolder(output).read("checkpoint.json", checkpointSchema),
  },
};
