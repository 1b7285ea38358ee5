import { CHAMPION } from "@colaml/shared/mlflow/registry-names";
import { CheckHistory } from "@colaml/shared/outputs/check-history";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { modelDecisions } from "../../registry/decisions";
import {
  modelOverview,
  modelVersion,
  modelVersions,
  newestVersion,
  registeredModels,
} from "../../registry/model-versions";
import { checkedPayload } from "../../submit/payloads";
import { answer, component, type Operation, refused } from "../openapi/operation";
import { type RegistryAccess, registryAccess } from "../registry-access";
import type { Service } from "../service";

/** Models, versions and checks of a page: each of the former costs MLflow a request. */
const MAX_MODELS = 200;
const MAX_VERSIONS = 100;
const MAX_CHECKS = 200;

const limit = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual);
const modelsQuery = z.strictObject({ limit: limit(MAX_MODELS, 50) });
const versionsQuery = z.strictObject({
  limit: limit(MAX_VERSIONS, 20),
  before: z.coerce.number().int().min(1).optional(),
});
const checksQuery = z.strictObject({ limit: limit(MAX_CHECKS, MAX_CHECKS) });

const text = { type: "string" };
const whole = { type: "integer" };
const inPath = (name: string) => ({ name, in: "path", required: true, schema: text });
const upTo = (most: number) => ({
  name: "limit",
  in: "query",
  schema: { ...whole, minimum: 1, maximum: most },
});
const listOf = (name: string) => ({ type: "array", items: { $ref: `#/components/schemas/${name}` } });
const answering = (
  operationId: string,
  summary: string,
  ok: object,
  parameters: readonly object[] = [inPath("name")],
): Operation => ({ operationId, summary, parameters, responses: { "200": ok, ...refused } });

const OPERATIONS = {
  list: answering(
    "listModels",
    "Registered models with their champions, the one that was changed last first",
    answer("the models", {
      type: "object",
      required: ["models", "leftOut", "more"],
      properties: {
        models: {
          type: "array",
          items: { type: "object", required: ["name"], properties: { name: text, champion: text } },
        },
        leftOut: whole,
        more: { type: "boolean" },
      },
    }),
    [upTo(MAX_MODELS)],
  ),
  show: answering(
    "getModel",
    "Champion, previous champion and newest version of a model",
    answer("the model", {
      type: "object",
      required: ["name", "newest"],
      properties: {
        name: text,
        champion: { $ref: "#/components/schemas/ModelVersion" },
        previous: text,
        newest: text,
      },
    }),
  ),
  versions: answering(
    "listVersions",
    "Versions of a model, newest first",
    answer("a page of versions", {
      type: "object",
      required: ["model", "versions"],
      properties: { model: text, versions: listOf("ModelVersion"), next: whole },
    }),
    [inPath("name"), upTo(MAX_VERSIONS), { name: "before", in: "query", schema: { ...whole, minimum: 1 } }],
  ),
  version: answering(
    "getModelVersion",
    "One version by its number, `latest` or an alias",
    component("the version", "ModelVersion"),
    [inPath("name"), inPath("version")],
  ),
  champion: answering(
    "getChampion",
    "The version that is champion",
    component("the version", "ModelVersion"),
  ),
  history: answering(
    "listDecisions",
    "What was decided about versions, when and why, newest first",
    answer("the decisions", {
      type: "object",
      required: ["model", "decisions"],
      properties: { model: text, decisions: listOf("Decision") },
    }),
  ),
  checks: answering(
    "listChecks",
    "Quality, estimated quality and drift of a model over time, oldest first",
    answer("the checks", {
      type: "object",
      required: ["model", "checks"],
      properties: { model: text, checks: listOf("Check") },
    }),
    [inPath("name"), upTo(MAX_CHECKS)],
  ),
} satisfies Record<string, Operation>;

interface ByName {
  Params: { name: string };
}

/** `GET /models`, `GET /models/:name[/versions[/:version]|/champion|/history|/checks]`: the registry, and the checks. */
export function addModelRoutes(server: FastifyInstance, service: Service): void {
  const registry = registryAccess(service);
  const reading = (operation: Operation) => ({ config: { role: "read" as const, operation } });
  server.get("/models", reading(OPERATIONS.list), async ({ query }) =>
    registeredModels(await registry.mlflow(), checkedPayload(modelsQuery, query).limit),
  );
  server.get<ByName>("/models/:name", reading(OPERATIONS.show), async (request) =>
    modelOverview(await registry.mlflow(), registry.nameOf(request)),
  );
  server.get<ByName>("/models/:name/versions", reading(OPERATIONS.versions), async (request) => {
    const name = registry.nameOf(request);
    const page = checkedPayload(versionsQuery, request.query);
    const found = await modelVersions(await registry.mlflow(), name, page);
    await refuseUnknownName(registry, name, found.versions);
    return { model: name, ...found };
  });
  server.get<{ Params: { name: string; version: string } }>(
    "/models/:name/versions/:version",
    reading(OPERATIONS.version),
    async (request) =>
      modelVersion(await registry.mlflow(), registry.nameOf(request), request.params.version),
  );
  server.get<ByName>("/models/:name/champion", reading(OPERATIONS.champion), async (request) =>
    modelVersion(await registry.mlflow(), registry.nameOf(request), CHAMPION),
  );
  server.get<ByName>("/models/:name/history", reading(OPERATIONS.history), async (request) => {
    const name = registry.nameOf(request);
    const decisions = await modelDecisions(await registry.mlflow(), name);
    await refuseUnknownName(registry, name, decisions);
    return { model: name, decisions };
  });
  addCheckRoute(server, service, registry);
}

/**
 * An empty list means that a model has none, not that its name is misspelt.
 *
 * @throws ColaError MODEL_NOT_FOUND; MLFLOW_UNREACHABLE if nobody can tell
 */
async function refuseUnknownName(
  registry: RegistryAccess,
  name: string,
  found: readonly unknown[],
): Promise<void> {
  if (found.length === 0) await newestVersion(await registry.mlflow(), name);
}

/** Answers while MLflow is away if there are checks: they lie in the state folder. */
function addCheckRoute(server: FastifyInstance, { config, log }: Service, registry: RegistryAccess): void {
  const checks = new CheckHistory(config.paths.stateDir, (line) => log.warn(line));
  server.get<ByName>(
    "/models/:name/checks",
    { config: { role: "read", operation: OPERATIONS.checks } },
    async (request) => {
      const name = registry.nameOf(request);
      const { limit: most } = checkedPayload(checksQuery, request.query);
      const found = await checks.read(name);
      await refuseUnknownName(registry, name, found);
      return { model: name, checks: found.slice(-most) };
    },
  );
}
