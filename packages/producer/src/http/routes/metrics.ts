import { messageOf } from "@colaml/shared/errors/cola-error";
import { withDeadline } from "@colaml/shared/queue/connection";
import { showDependencies } from "@colaml/shared/worker/dependency-metrics";
import { showProcess } from "@colaml/shared/worker/process-metrics";
import type { FastifyInstance } from "fastify";
import { Counter, Histogram, Registry } from "prom-client";
import { bullmqMetrics } from "../../submit/bullmq-metrics";
import { queueOverviews } from "../../submit/queue-overview";
import { type Operation, refused } from "../openapi/operation";
import { createQueueMetrics } from "../queue-metrics";
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

/** A scraper waits 10 s by default; a Redis that hangs must not take the rest with it. */
const QUEUES_DEADLINE_MS = 2_000;

/**
 * `/metrics`: this process, its requests, `scoring`, what it needs, and the queues. While Redis is away the queues are
 * absent and `colaml_redis_up` is 0.
 */
export function addMetricsRoute(server: FastifyInstance, service: Service, scoring: Registry): void {
  const own = new Registry();
  own.setDefaultLabels({ service: "producer" });
  showProcess(own);
  showDependencies(own, service.health);
  const requests = countRequests(server);
  const showQueues = createQueueMetrics();
  const ofQueues = async () => {
    // Asked while Redis is away, commands would pile up until it is back.
    if (!(await service.health.look())["redis"]?.ok) return [];
    const { queues } = service;
    const texts = Promise.all([queueOverviews(queues).then(showQueues), bullmqMetrics(queues.all())]);
    return withDeadline(texts, QUEUES_DEADLINE_MS, queues.settings).catch((error: unknown) => {
      service.log.warn(`/metrics is without the queues: ${messageOf(error)}`);
      return [];
    });
  };
  server.get("/metrics", { config: { role: "read", operation: OPERATION } }, async (_request, reply) => {
    const texts = [own.metrics(), requests.metrics(), scoring.metrics()];
    const all = [...(await Promise.all(texts)), ...(await ofQueues())];
    return reply.type(own.contentType).send(`${all.map((text) => text.trim()).join("\n")}\n`);
  });
}

function countRequests(server: FastifyInstance): Registry {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: "colaml_http_requests_total",
    help: "Requests answered, by route, method and status class",
    labelNames: ["route", "method", "status"] as const,
    registers,
  });
  const durations = new Histogram({
    name: "colaml_http_request_duration_seconds",
    help: "Time to answer a request",
    labelNames: ["route"] as const,
    registers,
  });
  server.addHook("onResponse", async (request, reply) => {
    // The route's pattern, never the path: ids must not become labels.
    const route = request.routeOptions.url ?? "unknown";
    requests.inc({ route, method: request.method, status: `${Math.floor(reply.statusCode / 100)}xx` });
    durations.observe({ route }, reply.elapsedTime / 1000);
  });
  return registry;
}
