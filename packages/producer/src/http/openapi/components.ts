import { alertSchema } from "@colaml/shared/contracts/alerts";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import { payloadSchema } from "../json-schemas";

const text = { type: "string" };
const whole = { type: "integer", minimum: 0 };
const counts = (...names: readonly string[]) => ({
  type: "object",
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, whole])),
});
const time = { type: "string", format: "date-time" };
// Not an enum: a client made from this document must read an answer that names a queue or code of a later release.
const queue = { type: "string", description: `today one of ${QUEUE_NAMES.join(", ")}` };
const code = {
  type: "string",
  pattern: "^[A-Z_]+$",
  description: `today one of ${Object.keys(ERROR_TABLE).join(", ")}`,
};

/** The schemas that operations name. */
export const componentSchemas = {
  Accepted: {
    type: "object",
    required: ["id", "queue", "status"],
    properties: { id: text, queue, status: { type: "string", description: "path of the job" } },
  },
  Cancelled: {
    type: "object",
    required: ["id", "queue", "cancelled"],
    properties: {
      id: text,
      queue,
      cancelled: {
        enum: ["removed", "requested"],
        description: "removed: it had not started; requested: its worker ends it within seconds",
      },
      trials: {
        type: "object",
        description: "of a tuning job that was begun",
        required: ["withdrawn", "ending"],
        properties: { withdrawn: whole, ending: whole },
      },
    },
  },
  Error: {
    type: "object",
    required: ["error_code", "message"],
    properties: { error_code: code, message: text },
  },
  Job: {
    type: "object",
    required: ["id", "queue", "status", "attempts", "createdAt", "href"],
    properties: {
      id: text,
      href: { type: "string", description: "path of the job in this API" },
      queue,
      status: { enum: ["waiting", "delayed", "active", "completed", "failed", "unknown"] },
      attempts: { ...whole, description: "times it was started" },
      createdAt: time,
      startedAt: time,
      finishedAt: time,
      waiting: { $ref: "#/components/schemas/Waiting" },
      progress: { $ref: "#/components/schemas/Progress" },
      result: { description: "of a completed job; docs/contracts/QUEUE.result.schema.json has its schema" },
      error: { $ref: "#/components/schemas/Error" },
    },
  },
  JobPage: {
    type: "object",
    required: ["jobs"],
    properties: {
      jobs: { type: "array", items: { $ref: "#/components/schemas/Job" } },
      next: { type: "string", description: "`cursor` of the page behind this one; absent: there is none" },
      partial: {
        type: "boolean",
        description:
          "With `model`: as many jobs were looked at as one request may, before the page was full. More are behind `next`",
      },
    },
  },
  JobLog: {
    type: "object",
    required: ["id", "queue", "lines", "earlier"],
    properties: {
      id: text,
      queue,
      lines: { type: "array", items: text },
      earlier: { ...whole, description: "lines before these" },
    },
  },
  Waiting: {
    type: "object",
    description: "why a job does not run; absent: it runs, has ended, or is about to be taken",
    required: ["because", "message"],
    properties: {
      because: {
        type: "string",
        description: "today one of no-worker, paused, behind, delayed, retry, children",
      },
      message: text,
      ahead: { ...whole, description: "waiting jobs that come first, counted to 10001" },
      until: time,
      children: { ...whole, description: "jobs of its own that have not ended" },
    },
  },
  Progress: {
    type: "object",
    required: ["stage"],
    properties: {
      stage: { type: "string", description: "what is being done now, such as read, fit, boost, score" },
      done: { type: "number", description: "units finished in this stage" },
      total: { type: "number", description: "units in this stage, if known" },
      unit: { type: "string", description: "iterations, rows, bytes or trials" },
      message: text,
    },
  },
  Schedule: {
    type: "object",
    required: ["id", "queue", "paused"],
    properties: {
      id: text,
      queue,
      everyMs: { type: "integer" },
      cron: text,
      timezone: text,
      next: time,
      paused: { type: "boolean" },
      payload: { type: "object", additionalProperties: {} },
    },
  },
  Queue: {
    type: "object",
    required: ["queue", "paused", "counts", "workers"],
    properties: {
      queue,
      worker: text,
      paused: { type: "boolean" },
      counts: counts("waiting", "active", "delayed", "waitingForChildren", "completed", "failed"),
      workers: {
        type: "array",
        items: {
          type: "object",
          required: ["host", "pid", "release", "since"],
          properties: { host: text, pid: { type: "integer" }, release: text, since: time, healthUrl: text },
        },
      },
      otherWorkers: whole,
      oldestWaitingMs: whole,
    },
  },
  Drained: {
    type: "object",
    required: ["queue", "removed", "kept", "more"],
    properties: {
      queue,
      removed: whole,
      kept: counts("begun", "children", "chunks", "scheduled", "taken"),
      more: { type: "boolean" },
    },
  },
  ModelVersion: {
    type: "object",
    required: ["version", "aliases", "createdAt", "runId", "metrics", "tags"],
    properties: {
      version: text,
      aliases: { type: "array", items: text },
      createdAt: time,
      runId: text,
      metrics: { type: "object", additionalProperties: { type: "number" } },
      tags: { type: "object", additionalProperties: text },
    },
  },
  Decision: {
    type: "object",
    required: ["version", "decision", "reason"],
    properties: {
      at: time,
      version: text,
      decision: { enum: ["promoted", "rolled back", "held", "rejected"] },
      reason: text,
      replaced: text,
      by: text,
    },
  },
  Check: {
    type: "object",
    required: ["id", "at", "modelVersion", "rows", "n", "verdict"],
    properties: {
      id: text,
      number: { type: "integer" },
      at: time,
      modelVersion: text,
      rows: { type: "integer" },
      n: { type: "integer" },
      accuracy: { type: "number" },
      interval: { type: "array", items: { type: "number" } },
      estimated: { type: "number" },
      driftLevel: text,
      drift: {
        type: "array",
        items: {
          type: "object",
          required: ["statistic", "level", "psi", "psiExpected", "psiThreshold", "jensenShannon"],
          properties: {
            statistic: text,
            level: text,
            psi: { type: "number" },
            psiExpected: { type: "number" },
            psiThreshold: { type: "number" },
            jensenShannon: { type: "number" },
          },
        },
      },
      verdict: text,
    },
  },
  Alert: payloadSchema(alertSchema),
  Incident: {
    type: "object",
    required: ["alert"],
    properties: {
      alert: { $ref: "#/components/schemas/Alert" },
      recovered: { $ref: "#/components/schemas/Alert" },
      acknowledged: { type: "object", required: ["at", "by"], properties: { at: time, by: text } },
    },
  },
};
