import { escapeMarkup } from "@colaml/shared/charts/escape-markup";
import { alertSchema } from "@colaml/shared/contracts/alerts";
import { entryOf, SUBMITTABLE_QUEUES, type SubmittableQueue } from "@colaml/shared/contracts/catalogue";
import type { FastifyInstance } from "fastify";
import type { ZodType } from "zod";
import { payloadSchema } from "../json-schemas";
import { acknowledgeRequestSchema } from "./alerts";
import { scheduleRequestSchema } from "./schedules";

const error = { $ref: "#/components/responses/Error" };
const accepted = {
  description: "the job is on its queue, or the same request came before",
  headers: { Location: { schema: { type: "string" } } },
  content: { "application/json": { schema: { $ref: "#/components/schemas/Accepted" } } },
};
const jobAnswer = {
  description: "the job",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Job" } } },
};
const idParameter = { name: "id", in: "path", required: true, schema: { type: "string" } };

const text = { type: "string" };
const time = { type: "string", format: "date-time" };
const schemas = {
  Accepted: {
    type: "object",
    required: ["id", "queue", "status"],
    properties: { id: text, queue: text, status: text },
  },
  Error: {
    type: "object",
    required: ["error_code", "message"],
    properties: { error_code: text, message: text },
  },
  Job: {
    type: "object",
    required: ["id", "queue", "status", "attempts", "createdAt"],
    properties: {
      id: text,
      queue: text,
      status: { enum: ["waiting", "delayed", "active", "completed", "failed", "unknown"] },
      attempts: { type: "integer" },
      createdAt: time,
      startedAt: time,
      finishedAt: time,
      progress: { type: "object" },
      result: {},
      error: { $ref: "#/components/schemas/Error" },
    },
  },
  Schedule: {
    type: "object",
    required: ["id", "queue", "paused"],
    properties: {
      id: text,
      queue: text,
      everyMs: { type: "integer" },
      cron: text,
      timezone: text,
      next: time,
      paused: { type: "boolean" },
      payload: { type: "object" },
    },
  },
  Alert: payloadSchema(alertSchema),
  Incident: {
    type: "object",
    required: ["alert"],
    properties: {
      alert: { $ref: "#/components/schemas/Alert" },
      recovered: { $ref: "#/components/schemas/Alert" },
      acknowledged: { type: "object", properties: { at: time, by: text } },
    },
  },
};

function submitPath(queue: SubmittableQueue) {
  return {
    post: {
      summary: `Put a ${queue} job on its queue`,
      parameters: [{ name: "Idempotency-Key", in: "header", schema: { type: "string", maxLength: 255 } }],
      requestBody: {
        required: true,
        content: { "application/json": { schema: payloadSchema(entryOf(queue).schema) } },
      },
      responses: { "202": accepted, default: error },
    },
  };
}

const action = (summary: string) => ({
  post: {
    summary,
    parameters: [idParameter],
    responses: { "202": { description: "it is being done" }, default: error },
  },
});
const probe = (summary: string) => ({
  get: {
    summary,
    security: [],
    responses: { "200": { description: "ok" }, "503": { description: "unavailable" } },
  },
});

const answer = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});
const schedule = answer("the schedule", { $ref: "#/components/schemas/Schedule" });
const incident = answer("the incident", { $ref: "#/components/schemas/Incident" });
const list = (name: string, schema: string) =>
  answer(`the ${name}`, {
    type: "object",
    properties: { [name]: { type: "array", items: { $ref: `#/components/schemas/${schema}` } } },
  });
const requestBody = (schema: ZodType) => ({
  required: true,
  content: { "application/json": { schema: payloadSchema(schema) } },
});
const scheduleAction = (summary: string) => ({
  post: { summary, parameters: [idParameter], responses: { "200": schedule, default: error } },
});

const schedulePaths = {
  "/schedules": {
    get: {
      summary: "Schedules, by the time they run next; paused ones last",
      responses: { "200": list("schedules", "Schedule"), default: error },
    },
    post: {
      summary: "Add a schedule, or change the one of the same id",
      requestBody: requestBody(scheduleRequestSchema),
      responses: { "201": schedule, default: error },
    },
  },
  "/schedules/{id}": {
    delete: {
      summary: "Remove a schedule",
      parameters: [idParameter],
      responses: { "200": { description: "it is removed" }, default: error },
    },
  },
  "/schedules/{id}/pause": scheduleAction("Keep a schedule, but let it make no jobs"),
  "/schedules/{id}/resume": scheduleAction("Go on with a paused schedule"),
};

const alertPaths = {
  "/alerts": {
    get: {
      summary: "Incidents, newest first",
      parameters: [{ name: "open", in: "query", schema: { type: "boolean" } }],
      responses: { "200": list("incidents", "Incident"), default: error },
    },
  },
  "/alerts/{id}": {
    get: {
      summary: "One incident",
      parameters: [idParameter],
      responses: { "200": incident, default: error },
    },
  },
  "/alerts/{id}/acknowledge": {
    post: {
      summary: "Note that somebody has seen it",
      parameters: [idParameter],
      requestBody: requestBody(acknowledgeRequestSchema),
      responses: { "200": incident, default: error },
    },
  },
};

/** The OpenAPI 3.1 document, made from the schemas the routes check with. */
export function openApiDocument() {
  const submits = SUBMITTABLE_QUEUES.map((queue) => [`/jobs/${queue}`, submitPath(queue)] as const);
  return {
    openapi: "3.1.0",
    info: {
      title: "ColaML",
      version: "0.1.0",
      description: "Jobs of a text classifier: train, tune, predict, monitor, labels; schedules and alerts",
    },
    security: [{ token: [] }],
    paths: {
      ...Object.fromEntries(submits),
      "/jobs": {
        get: {
          summary: "The latest jobs",
          responses: { "200": { description: "the jobs" }, default: error },
        },
      },
      "/jobs/{id}": {
        get: {
          summary: "State, progress, result or reason of a job",
          parameters: [idParameter],
          responses: { "200": jobAnswer, default: error },
        },
        delete: {
          summary: "Cancel a job",
          parameters: [idParameter],
          responses: { "202": { description: "it is being done" }, default: error },
        },
      },
      "/jobs/{id}/cancel": action("Cancel a job"),
      "/jobs/{id}/retry": action("Put a failed job back on its queue"),
      ...schedulePaths,
      ...alertPaths,
      "/livez": probe("This process lives"),
      "/readyz": probe("Redis and MLflow can be used"),
      "/metrics": { get: { summary: "Prometheus metrics", responses: { "200": { description: "text" } } } },
    },
    components: {
      schemas,
      responses: {
        Error: {
          description: "refused",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

/** The document as one plain page: no script, nothing loaded from elsewhere. */
function docsPage(document: ReturnType<typeof openApiDocument>): string {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { summary: string; requestBody?: unknown }>).map(
      ([method, operation]) => {
        const body = operation.requestBody
          ? `<details><summary>body</summary><pre>${escapeMarkup(JSON.stringify(operation.requestBody, null, 2))}</pre></details>`
          : "";
        return `<section><h2><b>${method.toUpperCase()}</b> ${escapeMarkup(path)}</h2><p>${escapeMarkup(operation.summary)}</p>${body}</section>`;
      },
    ),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ColaML API</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}h2{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 0}p{margin:.2rem 0}pre{overflow:auto;font-size:.8rem}</style></head>
<body><h1>ColaML API</h1><p><a href="/docs/openapi.json">openapi.json</a> for tools; <a href="/admin/queues">dashboard</a></p>${entries.join("\n")}</body></html>`;
}

/** `/docs` for people and `/docs/openapi.json` for tools. */
export function addDocsRoutes(server: FastifyInstance): void {
  const document = openApiDocument();
  const page = docsPage(document);
  server.get("/docs/openapi.json", { config: { role: "read" } }, async () => document);
  server.get("/docs", { config: { role: "read" } }, async (_request, reply) =>
    reply
      .header(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      )
      .type("text/html; charset=utf-8")
      .send(page),
  );
}
