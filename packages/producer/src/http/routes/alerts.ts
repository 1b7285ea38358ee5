import { IncidentStore } from "@colaml/shared/alerts/incident-store";
import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checkedPayload } from "../../submit/payloads";
import { ALERT_PARAMETERS, alertFilterOf, alertPage } from "../alert-filter";
import { bodyOf } from "../json-body";
import { answer, byId, component, type Operation, refused, takes } from "../openapi/operation";
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

const LIST: Operation = {
  operationId: "listAlerts",
  summary: "Incidents, newest first",
  parameters: ALERT_PARAMETERS,
  responses: {
    "200": answer("a page of incidents", {
      type: "object",
      required: ["incidents"],
      properties: {
        incidents: { type: "array", items: { $ref: "#/components/schemas/Incident" } },
        next: { type: "string" },
      },
    }),
    ...refused,
  },
};

/** `GET /alerts`, `GET /alerts/:id`, `POST /alerts/:id/acknowledge`: the incidents of the state folder. */
export function addAlertRoutes(server: FastifyInstance, { config, log }: Service): void {
  const incidents = new IncidentStore(config.paths.stateDir, (line) => log.error(line));
  const responses = { "200": component("the incident", "Incident"), ...refused };
  server.get("/alerts", { config: { role: "read", operation: LIST } }, async ({ query }) => {
    const filter = alertFilterOf(query, Date.now());
    return alertPage(await incidents.list(), filter);
  });
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
    async (request) => {
      const { by } = checkedPayload(acknowledgeRequestSchema, bodyOf(request));
      return incidents.acknowledge(request.params.id, by);
    },
  );
}
