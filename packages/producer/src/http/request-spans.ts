import { currentTracing } from "@colaml/shared/queue/tracing";
import type { RequestSpan } from "@colaml/shared/queue/tracing-interface";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Asked again and again by machines: nobody looks for these in a trace. */
const NOT_TRACED = new Set(["/livez", "/readyz", "/metrics", "/ping", "/health"]);

/** A span per request, if this process sends traces: jobs that the request adds are of its trace. */
export function addRequestSpans(server: FastifyInstance): void {
  const tracing = currentTracing();
  if (!tracing) return;
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  // Behind the body: reading it would leave the span's context.
  server.addHook("preHandler", (request, _reply, done) => {
    const route = request.routeOptions.url;
    if (route === undefined || NOT_TRACED.has(route)) return done();
    const span = tracing.openRequest(request.method, route, request.headers);
    spans.set(request, span);
    span.within(done);
  });
  server.addHook("onResponse", async (request, reply) => spans.get(request)?.end(reply.statusCode));
}
