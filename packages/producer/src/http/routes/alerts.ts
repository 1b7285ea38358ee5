import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checkedPayload } from "../../submit/payloads";
import { byId, component, list, refused, takes } from "../openapi/operation";
import type { Service } from "../service";

/** Body of `POST /alerts/:id/acknowledge`. */
const acknowledgeRequestSchema = z.strictObject({
  /** Who has seen it. */
  by: z
    .string()
    .trim()
    .min(1)
    .max(128)
    // Not a pattern: readers of the JSON Schema in other languages do not know \p.
    .refine((name) => !/\p{Cc}/u.test(name), "allowed: no control characters"),
});

/** `GET /alerts`, `GET /alerts/:id`, `POST /alerts/:id/acknowledge`: the incidents of the state folder. */
export function addAlertRoutes(server: FastifyInstance, { config, log }: Service): void {
  const incidents = new IncidentStore(config.paths.stateDir, (line) => log.error(line));
  const responses = { "200": component("the incident", "Incident"), ...refused };
  server.get<{ Querystring: { open?: string } }>(
    "/alerts",
    {
      config: {
        role: "read",
        operation: {
          operationId: "listAlerts",
          summary: "Incidents, newest first",
          parameters: [{ name: "open", in: "query", schema: { type: "boolean" } }],
          responses: { "200": list("incidents", "Incident"), ...refused },
        },
      },
    },
    async ({ query }) => ({ incidents: await incidents.list({ open: isOpen(query.open) }) }),
  );
  server.get<{ Params: { id: string } }>(
    "/alerts/:id",
    {
      config: {
        role: "read",
        operation: { operationId: "getAlert", summary: "One incident", ...byId, responses },
      },
    },
    async ({ params }) => {
      const incident = await incidents.find(params.id);
      if (incident) return incident;
      throw new ColaError(
        "JOB_NOT_FOUND",
        `no alert ${JSON.stringify(params.id.slice(0, 140))}: see /alerts`,
      );
    },
  );
  server.post<{ Params: { id: string } }>(
    "/alerts/:id/acknowledge",
    {
      config: {
        role: "submit",
        operation: {
          operationId: "acknowledgeAlert",
          summary: "Note that somebody has seen it",
          ...byId,
          ...takes(acknowledgeRequestSchema, { by: "ana" }),
          responses,
        },
      },
    },
    async ({ params, body }) => {
      const { by } = checkedPayload(acknowledgeRequestSchema, body ?? {});
      return incidents.acknowledge(params.id, by);
    },
  );
}

/** @throws ColaError USAGE */
function isOpen(value: string | undefined): boolean {
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw new ColaError("USAGE", `open=${JSON.stringify(value.slice(0, 40))}: allowed are true and false`);
}
