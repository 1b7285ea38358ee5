import type { Tracing } from "./tracing-interface";

/** One for a process, as OpenTelemetry's own interface is. */
let tracing: Tracing | undefined;

/** The traces of this process, once they were begun. */
export const currentTracing = (): Tracing | undefined => tracing;

/**
 * Begins to send traces if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names a collector.
 * Nothing of OpenTelemetry is loaded otherwise. Queues and workers that are opened later are traced.
 *
 * @param service `service.name`, unless `OTEL_SERVICE_NAME` gives one
 */
export async function startTracing(
  service: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Tracing | undefined> {
  if (tracing === undefined && isWanted(env)) {
    const { openOtlpTracing } = await import("./otlp-tracing.js");
    tracing = openOtlpTracing(env["OTEL_SERVICE_NAME"] || service);
  }
  return tracing;
}

function isWanted(env: NodeJS.ProcessEnv): boolean {
  const isOff = env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true" || env["OTEL_TRACES_EXPORTER"] === "none";
  const endpoint = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  return !isOff && endpoint !== undefined && endpoint !== "";
}

/** A collector that does not answer holds the end of a process up for no longer. */
const CLOSE_MS = 2_000;

/** Sends what is left, and forgets it if the collector does not take it in 2 s. */
export async function closeTracing(open: Tracing): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([open.close().catch(() => undefined), late]);
  clearTimeout(timer);
}
