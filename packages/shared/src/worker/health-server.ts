import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { ColaError, messageOf } from "../errors/cola-error";

/** An answer is given within this time even when everything behind it hangs. */
const CHECK_TIMEOUT_MS = 900;
/** A check is a write to Redis: probes that come in bursts share one. */
const CACHED_MS = 2_000;

export type ReadyCheck = () => Promise<unknown>;
/** Whether a process of this state should live on; must answer at once. */
export type LiveCheck = () => boolean;

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export interface HealthOptions {
  /** 0 takes any free one. */
  port: number;
  /** Each must resolve for `/readyz` to say yes; a later one may be added while the server runs. */
  checks: readonly ReadyCheck[];
  /** Each must say yes for `/livez` to say so. */
  liveChecks?: readonly LiveCheck[];
  registry: Registry;
}

/**
 * `/livez` (the process answers, and none of the live checks says that it should be started again; no dependency is
 * asked, or a short outage of Redis would restart every worker), `/readyz` (200 or 503, without saying why) and `/metrics`, on loopback.
 *
 * @throws ColaError CONFIG_INVALID when the port is taken
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const isReady = cached(() => passes(options.checks), CACHED_MS);
  const server = createServer((request, response) => {
    void answer(request, response, isReady, options).catch(() => send(response, 500, "error\n"));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new ColaError("CONFIG_INVALID", `COLAML_HEALTH_PORT ${options.port}: ${messageOf(error)}`, {
          cause: error,
        }),
      ),
    );
    server.listen(options.port, "127.0.0.1", resolve);
  });
  // An idle health server keeps no process alive.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  isReady: () => Promise<boolean>,
  { registry, liveChecks = [] }: HealthOptions,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "GET only\n");
  if (path === "/livez") {
    const lives = liveChecks.every((check) => check());
    return send(response, lives ? 200 : 503, lives ? "ok\n" : "wedged\n");
  }
  if (path === "/readyz") {
    const ready = await isReady();
    return send(response, ready ? 200 : 503, ready ? "ok\n" : "not ready\n");
  }
  if (path === "/metrics") return send(response, 200, await registry.metrics(), registry.contentType);
  send(response, 404, "not found\n");
}

function send(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

async function passes(checks: readonly ReadyCheck[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
  });
  const all = Promise.all(checks.map((check) => check())).then(
    () => true,
    () => false,
  );
  const ready = await Promise.race([all, late]);
  clearTimeout(timer);
  return ready;
}

function cached<T>(get: () => Promise<T>, ms: number): () => Promise<T> {
  let value: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (!value || Date.now() >= until) {
      value = get();
      until = Date.now() + ms;
    }
    return value;
  };
}
