import type { FastifyInstance } from "fastify";
import type { Operation } from "../openapi/operation";
import type { Service } from "../service";

const probe = (summary: string): Operation => ({
  summary,
  security: [],
  responses: { "200": { description: "ok" }, "503": { description: "unavailable" } },
});

/**
 * `/livez` touches nothing but this process; `/readyz` (and `/health`) look at Redis and MLflow. Open to all and
 * silent about what is behind; `?verbose` gives the reasons and needs the role `read`.
 */
export function addHealthRoutes(server: FastifyInstance, { health }: Service): void {
  server.get("/livez", { config: { role: "none", operation: probe("This process lives") } }, async () => ({
    status: "ok",
  }));
  for (const path of ["/readyz", "/health"]) {
    server.get<{ Querystring: { verbose?: string } }>(
      path,
      { config: { role: "none-unless-verbose", operation: probe("Redis and MLflow can be used") } },
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
