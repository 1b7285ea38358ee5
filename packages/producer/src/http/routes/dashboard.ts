import { createBullBoard } from "@bull-board/api";
import { FastifyAdapter } from "@bull-board/fastify";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { type ColaError, toColaError } from "@colaml/shared/errors/cola-error";
import { ERROR_TABLE } from "@colaml/shared/errors/error-table";
import type { FastifyInstance } from "fastify";
import { BoardQueue } from "../board-queue";
import type { Service } from "../service";

export const DASHBOARD_PATH = "/admin/queues";

const LIST_ROUTE = `${DASHBOARD_PATH}/api/queues`;
/** Its page asks another server for a font, which the policy refuses: the browser's own does as well. */
const FOREIGN_STYLE = /<link [^>]*href="https:[^>]*>/g;
/** What the setting `http.dashboardActions` lets an admin do, of all that Bull Board could. */
const ACTION_ROUTES = new Set(
  ["retry", "promote"].map((action) => `${DASHBOARD_PATH}/api/queues/:queueName/:jobId/${action}`),
);

/**
 * Bull Board at `/admin/queues`: read-only (its own routes can add, edit and obliterate), behind the same
 * authentication as the API, never in a frame. By a setting admins may retry and promote a job there.
 */
export async function addDashboard(server: FastifyInstance, { config, queues }: Service): Promise<void> {
  const { dashboardActions } = config.http;
  const adapter = new FastifyAdapter();
  adapter.setBasePath(DASHBOARD_PATH);
  createBullBoard({
    queues: QUEUE_NAMES.map((name) => new BoardQueue(queues, name, dashboardActions)),
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: "ColaML", boardLogo: { path: "" }, showMetrics: true, hideDocsLink: true },
    },
  });
  adapter.setErrorHandler((error) => answerOf(toColaError(error)));
  const isAction = (url: string | undefined) => dashboardActions && ACTION_ROUTES.has(url ?? "");
  await server.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, role: isAction(route.url) ? "admin" : "read" };
    });
    scope.addHook("onRequest", async (request, reply) => {
      const isRead = request.method === "GET" || request.method === "HEAD";
      if (!isRead && !isAction(request.routeOptions.url)) {
        return reply.code(405).send({ error_code: "FORBIDDEN", message: refusal(dashboardActions) });
      }
      reply.header("content-security-policy", DASHBOARD_POLICY);
    });
    scope.addHook("preSerialization", async (request, _reply, payload) =>
      request.routeOptions.url === LIST_ROUTE && request.role !== "admin" ? withoutButtons(payload) : payload,
    );
    scope.addHook("onSend", async (_request, reply, payload) =>
      typeof payload === "string" && String(reply.getHeader("content-type")).startsWith("text/html")
        ? payload.replace(FOREIGN_STYLE, "")
        : payload,
    );
    await scope.register(adapter.registerPlugin(), { prefix: DASHBOARD_PATH });
  });
}

const refusal = (allowsActions: boolean) =>
  allowsActions
    ? "on the dashboard a single job can be retried or promoted, nothing else changed: see /docs"
    : "the dashboard is read-only";

type BoardAnswer = ReturnType<Parameters<FastifyAdapter["setErrorHandler"]>[0]>;

/** In place of Bull Board's own answer to a fault, which holds the stack. */
function answerOf({ code, message }: ColaError): BoardAnswer {
  const { status } = ERROR_TABLE[code];
  const shown = status >= 500 ? "internal error: see the server's log" : message;
  return { status, body: { error_code: code, message: shown } } as unknown as BoardAnswer;
}

/** The list of queues for somebody who may change nothing. */
function withoutButtons(payload: unknown): unknown {
  const { queues } = payload as { queues?: object[] };
  return queues
    ? { ...(payload as object), queues: queues.map((queue) => ({ ...queue, readOnlyMode: true })) }
    : payload;
}

const DASHBOARD_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
