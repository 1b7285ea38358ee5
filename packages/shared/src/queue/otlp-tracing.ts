import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { BullMQOtel } from "bullmq-otel";
import { RELEASE } from "../settings/installation";
import type { Tracing } from "./tracing-interface";

/**
 * Traces as OTLP over HTTP, in JSON, sent in batches. The exporter, the sampler and the batches read the usual `OTEL_*`
 * variables themselves. A collector that is away costs spans, never a job.
 */
export function openOtlpTracing(service: string): Tracing {
  const attributes = { "service.name": service, "service.version": RELEASE };
  const resource = defaultResource()
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(attributes));
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = trace.getTracer("colaml", RELEASE);
  return {
    telemetry: new BullMQOtel({ tracerName: "colaml", version: RELEASE }),
    openRequest(method, route, headers) {
      const caller = propagation.extract(context.active(), headers);
      const options = {
        kind: SpanKind.SERVER,
        attributes: { "http.request.method": method, "http.route": route },
      };
      const span = tracer.startSpan(`${method} ${route}`, options, caller);
      return {
        within: (run) => context.with(trace.setSpan(caller, span), run),
        end(status) {
          span.setAttribute("http.response.status_code", status);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
    close: () => provider.shutdown(),
  };
}
