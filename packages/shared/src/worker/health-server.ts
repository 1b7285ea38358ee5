import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import type { Registry } from "prom-client";
import { ColaError, messageOf } from "../errors/cola-error";
import type { HealthChecks } from "./health-checks";
import { isForLoopback, LOOPBACK_HOSTS } from "./loopback-host";

/** Whether a process of this state should live on; must answer at once. */
export type LiveCheck = () => boolean;

export interface HealthServer {
  port: number;
  /** Such as `http://127.0.0.1:9464`; of one that listens on every address, with this machine's name. */
  url: string;
  close(): Promise<void>;
}

export interface HealthOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** Each must be ok for `/readyz` to say yes. */
  health: HealthChecks;
  /** Each must say yes for `/livez` to say so. */
  liveChecks?: readonly LiveCheck[];
  registry: Registry;
  /** Whoever has one of them may ask for `/readyz?verbose`; without any, nobody may. */
  tokens?: readonly string[];
}

/**
 * `/livez` (the process answers, and none of the live checks says that it should be started again; no dependency is
 * asked, or a short outage of Redis would restart every worker), `/readyz` (200 or 503, without saying why),
 * `/readyz?verbose` (why, to who has a token) and `/metrics`; on loopback that only to requests to a name of loopback.
 *
 * @throws ColaError CONFIG_INVALID when the port is taken or the address is not this machine's
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { host, port } = options;
  const server = createServer((request, response) => {
    void answer(request, response, options).catch(() => send(response, 500, "error\n"));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new ColaError(
          "CONFIG_INVALID",
          `COLAML_HEALTH_HOST ${host}, COLAML_HEALTH_PORT ${port}: ${messageOf(error)}`,
          {
            cause: error,
          },
        ),
      ),
    );
    server.listen(port, host, resolve);
  });
  // An idle health server keeps no process alive.
  server.unref();
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://${nameOf(host)}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function nameOf(host: string): string {
  if (host === "0.0.0.0" || host === "::") return hostname();
  return host.includes(":") ? `[${host}]` : host;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HealthOptions,
): Promise<void> {
  const [path, query = ""] = (request.url ?? "").split("?");
  if (request.method !== "GET" && request.method !== "HEAD") return send(response, 405, "GET only\n");
  if (path === "/livez") {
    const lives = (options.liveChecks ?? []).every((check) => check());
    return send(response, lives ? 200 : 503, lives ? "ok\n" : "wedged\n");
  }
  if (path === "/readyz") return answerReady(request, response, new URLSearchParams(query), options);
  if (path === "/metrics") {
    const { registry, host } = options;
    if (LOOPBACK_HOSTS.has(host) && !isForLoopback(request))
      return send(response, 403, "only requests to 127.0.0.1 or localhost are answered\n");
    return send(response, 200, await registry.metrics(), registry.contentType);
  }
  send(response, 404, "not found\n");
}

async function answerReady(
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  { health, tokens = [] }: HealthOptions,
): Promise<void> {
  const isVerbose = query.has("verbose");
  if (isVerbose && !hasToken(request, tokens)) return send(response, 401, "a token of the API is needed\n");
  const checks = await health.look();
  const ready = Object.values(checks).every(({ ok }) => ok);
  if (!isVerbose) return send(response, ready ? 200 : 503, ready ? "ok\n" : "not ready\n");
  const body = JSON.stringify({ status: ready ? "ok" : "unavailable", checks });
  send(response, ready ? 200 : 503, `${body}\n`, "application/json");
}

/** Tokens are compared as digests, all of them, in constant time. */
function hasToken({ headers }: IncomingMessage, tokens: readonly string[]): boolean {
  const sha256 = (text: string) => createHash("sha256").update(text).digest();
  const given = sha256(/^Bearer (\S{1,4096})$/i.exec(headers.authorization ?? "")?.[1] ?? "");
  return tokens.filter((token) => token !== "" && timingSafeEqual(sha256(token), given)).length > 0;
}

function send(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
