import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyRequest } from "fastify";
import type { Operation } from "./openapi/operation";

/**
 * Refuses a query parameter that the route's entry in the OpenAPI document does not name: `?forced=true` must not look
 * as if it had counted. Routes that speak MLflow's scoring protocol ignore what they do not know, as MLflow does.
 *
 * @throws ColaError USAGE naming what is allowed
 */
export function refuseUnknownQuery({ query, routeOptions }: FastifyRequest): void {
  const operation: Operation | undefined = routeOptions.config?.operation;
  if (operation === undefined || operation.tags?.includes("scoring")) return;
  const known = queryNames(operation);
  const unknown = Object.keys(query as object).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const allowed = known.length === 0 ? "none is allowed here" : `allowed are ${known.join(", ")}`;
  throw new ColaError("USAGE", `query parameter ${JSON.stringify(unknown.slice(0, 80))}: ${allowed}`);
}

function queryNames({ parameters = [] }: Operation): string[] {
  return (parameters as readonly { in?: string; name?: string }[]).flatMap((parameter) =>
    parameter.in === "query" && parameter.name !== undefined ? [parameter.name] : [],
  );
}
