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
const ready = (operationId: string): Operation => ({
  operationId,
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
});
/** Path and operation id; the second is what other tools look for. */
const READINESS = { "/readyz": "getReadiness", "/health": "getHealth" };

/**
 * `/livez` touches nothing but this process; `/readyz` (and `/health`) look at Redis and MLflow. Open to all and
 * silent about what is behind; `?verbose` gives the reasons and needs the role `read`.
 */
export function addHealthRoutes(server: FastifyInstance, { health }: Service): void {
  server.get("/livez", { config: { role: "none", operation: LIVE } }, async () => ({
    status: "ok",
  }));
  for (const [path, operationId] of Object.entries(READINESS)) {
    server.get<{ Querystring: { verbose?: string } }>(
      path,
      { config: { role: "none-unless-verbose", operation: ready(operationId) } },
      async (request, reply) => {
        const results = await health.look();
        const ok = Object.values(results).every((result) => result.ok);
        const verbose = request.query.verbose !== undefined;
        const status = ok ? "ok" : "unavailable";
        return reply.code(ok ? 200 : 503).send(verbose ? { status, checks: results } : { status });
      },
    );
  }
}
