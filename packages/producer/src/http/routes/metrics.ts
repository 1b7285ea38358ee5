import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import { type Operation, refused } from "../openapi/operation";
import type { Service } from "../service";

const OPERATION: Operation = {
  operationId: "getMetrics",
  tags: ["operation"],
  summary: "Prometheus metrics",
  responses: {
    "200": {
      description: "in the text format",
      content: { "text/plain": { schema: { type: "string" } } },
    },
    ...refused,
  },
};

/** `/metrics`: this process, its requests, `scoring`, and BullMQ's job counts a queue and state. */
export function addMetricsRoute(server: FastifyInstance, { queues }: Service, scoring: Registry): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "colaml_producer_" });
  const requests = new Counter({
    name: "colaml_http_requests_total",
    help: "Requests answered, by route, method and status class",
    labelNames: ["route", "method", "status"] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: "colaml_http_request_duration_seconds",
    help: "Time to answer a request",
    labelNames: ["route"] as const,
    registers: [registry],
  });
  server.addHook("onResponse", async (request, reply) => {
    // The route's pattern, never the path: ids must not become labels.
    const route = request.routeOptions.url ?? "unknown";
    requests.inc({ route, method: request.method, status: `${Math.floor(reply.statusCode / 100)}xx` });
    durations.observe({ route }, reply.elapsedTime / 1000);
  });
  server.get("/metrics", { config: { role: "read", operation: OPERATION } }, async (_request, reply) => {
    const own = `${await registry.metrics()}\n${await scoring.metrics()}`;
    const perQueue = await Promise.all(queues.all().map((queue) => queue.exportPrometheusMetrics()));
    return reply.type(registry.contentType).send(`${own}\n${mergeExpositions(perQueue)}\n`);
  });
}

/** Several expositions as one: each metric's HELP and TYPE once, its samples together. */
function mergeExpositions(expositions: readonly string[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>();
  for (const line of expositions.flatMap((text) => text.split("\n"))) {
    const name = /^(?:# (?:HELP|TYPE) )?([A-Za-z_:][\w:]*)/.exec(line)?.[1];
    if (name === undefined) continue;
    const family = families.get(name) ?? { head: [], samples: [] };
    families.set(name, family);
    const into = line.startsWith("#") ? family.head : family.samples;
    if (!line.startsWith("#") || !into.includes(line)) into.push(line);
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).join("\n");
}
