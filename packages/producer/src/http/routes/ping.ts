import { MLFLOW_VERSION } from "@colaml/shared/mlflow/mlmodel-file";
import type { FastifyInstance } from "fastify";
import type { Serving } from "../../serving/serving";
import { type Operation, refused } from "../openapi/operation";

/** MLflow calls these bodies JSON, which they are not. */
const line = (description: string) => ({
  description,
  content: { "text/plain": { schema: { type: "string" } } },
});

const ping = (operationId: string): Operation => ({
  operationId,
  tags: ["scoring"],
  summary: "The configured model can answer, as MLflow's scoring server says it",
  security: [],
  responses: { ...refused, "200": line("it can"), "404": line("it is not in memory") },
});
/** Path and operation id. */
const PROBES = { "/ping": "ping", "/health": "getHealth" };

const VERSION: Operation = {
  operationId: "getVersion",
  tags: ["scoring"],
  summary: "Version of MLflow whose scoring protocol is spoken",
  responses: { ...refused, "200": line("the version") },
};

/** `/ping`, `/health` and `/version`, as `mlflow models serve` has them: the first two open to all, with a line end for a body. */
export function addPingRoutes(server: FastifyInstance, serving: Serving): void {
  for (const [path, operationId] of Object.entries(PROBES)) {
    server.get(path, { config: { role: "none", operation: ping(operationId) } }, async (_request, reply) =>
      reply
        .code(serving.inMemory(serving.home) ? 200 : 404)
        .type("text/plain")
        .send("\n"),
    );
  }
  server.get("/version", { config: { role: "read", operation: VERSION } }, async (_request, reply) =>
    reply.type("text/plain").send(MLFLOW_VERSION),
  );
}
