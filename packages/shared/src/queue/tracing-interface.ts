import type { QueueOptions } from "bullmq";

/** BullMQ's hook for traces. */
type Telemetry = NonNullable<QueueOptions["telemetry"]>;

/** A span of one HTTP request. */
export interface RequestSpan {
  /** Runs what belongs to the request: jobs that it adds are of its trace. */
  within(run: () => void): void;
  end(status: number): void;
}

/** The traces of this process. */
export interface Tracing {
  /** For queues and workers: an added job carries the trace, and the worker that runs it continues it. */
  telemetry: Telemetry;
  /**
   * @param route its pattern, as ids must not become names
   * @param headers may name the caller's trace (`traceparent`)
   */
  openRequest(method: string, route: string, headers: Readonly<Record<string, unknown>>): RequestSpan;
  /** Sends what was not sent yet. */
  close(): Promise<void>;
}
