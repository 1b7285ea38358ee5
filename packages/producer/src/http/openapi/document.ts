import { alertSchema } from "@colaml/shared/contracts/alerts";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { RELEASE } from "@colaml/shared/settings/release";
import type { FastifyInstance } from "fastify";
import { payloadSchema } from "../json-schemas";
import type { Operation } from "./operation";

const text = { type: "string" };
const time = { type: "string", format: "date-time" };
const count = { type: "integer", minimum: 0 };
const counts = (...names: readonly string[]) => ({
  type: "object",
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, count])),
});
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
    required: ["id", "queue", "status", "attempts", "createdAt", "href"],
    properties: {
      id: text,
      href: { type: "string", description: "path of the job in this API" },
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
  JobPage: {
    type: "object",
    required: ["jobs"],
    properties: {
      jobs: { type: "array", items: { $ref: "#/components/schemas/Job" } },
      next: { type: "string", description: "`cursor` of the page behind this one; absent: there is none" },
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
  Queue: {
    type: "object",
    required: ["queue", "paused", "counts", "workers"],
    properties: {
      queue: { enum: QUEUE_NAMES },
      worker: text,
      paused: { type: "boolean" },
      counts: counts("waiting", "active", "delayed", "waitingForChildren", "completed", "failed"),
      workers: {
        type: "array",
        items: {
          type: "object",
          required: ["host", "pid", "release", "since"],
          properties: { host: text, pid: { type: "integer" }, release: text, since: time },
        },
      },
      otherWorkers: count,
      oldestWaitingMs: count,
    },
  },
  Drained: {
    type: "object",
    required: ["queue", "removed", "kept", "more"],
    properties: {
      queue: { enum: QUEUE_NAMES },
      removed: count,
      kept: counts("begun", "children", "chunks", "scheduled", "taken"),
      more: { type: "boolean" },
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

/** A route of the API as the document has it. */
interface DocumentedRoute {
  /** OpenAPI's form: `/jobs/{id}`. */
  path: string;
  method: string;
  operation: Operation;
}

/** The routes that a server was given, filled while they are added. */
export type DocumentedRoutes = readonly DocumentedRoute[];

/**
 * Collects what each route that is added from now on says of itself. One that says nothing is refused, so that the
 * document cannot lack it.
 *
 * @param isPage whether what is below a path is for people in a browser: such routes are not in the document
 */
export function collectOperations(
  server: FastifyInstance,
  isPage: (path: string) => boolean,
): DocumentedRoutes {
  const routes: DocumentedRoute[] = [];
  server.addHook("onRoute", ({ url, method, config }) => {
    // fastify adds HEAD to every GET by itself
    if (method === "HEAD" || isPage(url)) return;
    const operation = config?.operation;
    if (operation === undefined) {
      throw new ColaError(
        "INTERNAL",
        `route ${String(method)} ${url}: config.operation must say what it does`,
      );
    }
    const path = url.replace(/:(\w+)/g, "{$1}").replace("*", "{path}");
    for (const one of [method].flat()) routes.push({ path, method: one.toLowerCase(), operation });
  });
  return routes;
}

/** The OpenAPI 3.1 document of these routes, made from the schemas that they check with. */
export function openApiDocument(routes: DocumentedRoutes) {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const { path, method, operation } of routes) {
    paths[path] = { ...paths[path], [method]: operation };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "ColaML",
      version: RELEASE,
      description: "Jobs of a text classifier: train, tune, predict, monitor, labels; schedules and alerts",
    },
    security: [{ token: [] }],
    paths,
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
