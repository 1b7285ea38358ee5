import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import type { FastifyInstance } from "fastify";
import type { Service } from "../service";

export const DASHBOARD_PATH = "/admin/queues";
/** Texts of documents are cut to this many characters on the dashboard. */
const MAX_SHOWN_TEXT = 80;
/** Entries of a list that are shown. */
const MAX_SHOWN_ENTRIES = 20;

/** A payload or result as the dashboard shows it: long texts and lists cut. */
function cutTexts(value: unknown, depth = 0): unknown {
  if (typeof value === "string")
    return value.length > MAX_SHOWN_TEXT ? `${value.slice(0, MAX_SHOWN_TEXT)}…` : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= 8) return "…";
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_SHOWN_ENTRIES).map((entry) => cutTexts(entry, depth + 1));
    return value.length > MAX_SHOWN_ENTRIES
      ? [...shown, `… ${value.length - MAX_SHOWN_ENTRIES} more`]
      : shown;
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, cutTexts(entry, depth + 1)]));
}

/**
 * Bull Board at `/admin/queues`: read-only (its own routes can add, edit and obliterate), behind the same
 * authentication as the API, never in a frame.
 */
export async function addDashboard(server: FastifyInstance, { queues }: Service): Promise<void> {
  const adapter = new FastifyAdapter();
  adapter.setBasePath(DASHBOARD_PATH);
  createBullBoard({
    queues: queues.all().map((queue) => {
      const board = new BullMQAdapter(queue, { readOnlyMode: true });
      board.setFormatter("data", (data) => cutTexts(data));
      board.setFormatter("returnValue", (data) => cutTexts(data));
      return board;
    }),
    serverAdapter: adapter,
    options: { uiConfig: { boardTitle: "ColaML", boardLogo: { path: "" } } },
  });
  // Its own answer to a fault holds the stack.
  adapter.setErrorHandler(() => ({
    status: 500,
    body: { error_code: "INTERNAL", message: "internal error: see the server's log" } as unknown as string,
  }));
  await server.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, role: "read" };
    });
    scope.addHook("onRequest", async (request, reply) => {
      if (request.method !== "GET" && request.method !== "HEAD") {
        return reply.code(405).send({ error_code: "FORBIDDEN", message: "the dashboard is read-only" });
      }
      reply.header("content-security-policy", DASHBOARD_POLICY);
    });
    await scope.register(adapter.registerPlugin(), { prefix: DASHBOARD_PATH });
  });
}

const DASHBOARD_POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'";
