import { RELEASE } from "@colaml/shared/settings/installation";
import type { FastifyInstance } from "fastify";
import { answer, type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

/** Reasons are there only if `?verbose` was asked for. */
const HEALTH = {
  type: "object",
  required: ["status"],
  properties: {
    status: { enum: ["ok", "unavailable"] },
    checks: {
      type: "object",
      additionalProperties: {
        type: "object",
        required: ["ok", "ms"],
        properties: { ok: { type: "boolean" }, reason: { type: "string" }, ms: { type: "integer" } },
      },
    },
  },
};
const LIVE: Operation = {
  operationId: "getLiveness",
  tags: ["operation"],
  summary: "This process lives",
  security: [],
  responses: { ...refused, "200": answer("it does", HEALTH) },
};
const READY: Operation = {
  operationId: "getReadiness",
  tags: ["operation"],
  summary: "Redis and MLflow can be used",
  security: [{}, { token: [] }, { password: [] }],
  parameters: [
    {
      name: "verbose",
      in: "query",
      description: "say why; needs the role read",
      allowEmptyValue: true,
      schema: { type: "string" },
    },
  ],
  responses: {
    ...refused,
    "200": answer("they can", HEALTH),
    "503": answer("one of them cannot", HEALTH),
  },
  also: [401, 403, 429],
};

const RELEASED: Operation = {
  operationId: "getRelease",
  tags: ["operation"],
  summary: "The release of ColaML that this server is",
  responses: {
    ...refused,
    "200": answer("the release", {
      type: "object",
      required: ["release"],
      properties: { release: { type: "string", example: "0.1.0" } },
    }),
  },
};

/**
 * `/livez` touches nothing but this process; `/readyz` looks at Redis and MLflow. Open to all and
 * silent about what is behind; `?verbose` gives the reasons and needs the role `read`. `/release` is the release, which
 * `/version` is not: that is MLflow's.
 */
export function addHealthRoutes(server: FastifyInstance, { health }: Service): void {
  server.get("/livez", { config: { role: "none", operation: LIVE } }, async () => ({
    status: "ok",
  }));
  server.get("/release", { config: { role: "read", operation: RELEASED } }, async () => ({
    release: RELEASE,
  }));
  server.get<{ Querystring: { verbose?: string } }>(
    "/readyz",
    { config: { role: "none-unless-verbose", operation: READY } },
    async (request, reply) => {
      const results = await health.look();
      const ok = Object.values(results).every((result) => result.ok);
      const verbose = request.query.verbose !== undefined;
      const status = ok ? "ok" : "unavailable";
      return reply.code(ok ? 200 : 503).send(verbose ? { status, checks: results } : { status });
    },
  );
}
