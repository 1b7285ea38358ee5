import { ColaError } from "@colaml/shared/errors/cola-error";
import { RELEASE } from "@colaml/shared/settings/installation";
import type { FastifyInstance } from "fastify";
import { componentSchemas } from "./components";
import type { Operation } from "./operation";
import { refusalComponents, refusalStatuses, withRefusals } from "./refusals";

/** A route of the API as the document has it. */
interface DocumentedRoute {
  /** OpenAPI's form: `/jobs/{id}`. */
  path: string;
  method: string;
  /** Open to all, with a token or without. */
  isOpen: boolean;
  operation: Operation;
}

/** The routes that a server was given, filled while they are added. */
export type DocumentedRoutes = readonly DocumentedRoute[];

/** What the sections of the document hold, by tag. */
const TAGS: Readonly<Record<string, string>> = {
  jobs: "Put jobs on their queues, follow, cancel and retry them",
  scoring: "Score texts at once, by MLflow's protocol",
  schedules: "Jobs that run again and again",
  alerts: "Incidents that checks have opened",
  files: "The data folder: what jobs read and write",
  queues: "What waits, who works, pausing and draining",
  operation: "Probes and metrics",
};

/**
 * Collects what each route that is added from now on says of itself. One that says nothing is refused, so that the
 * document cannot lack it.
 *
 * @param isPage whether what is below a path is for people in a browser: such routes are not in the document
 */
export function collectOperations(
  server: FastifyInstance,
  isPage: (path: string) => boolean,
): DocumentedRoutes {
  const routes: DocumentedRoute[] = [];
  server.addHook("onRoute", ({ url, method, config }) => {
    // fastify adds HEAD to every GET by itself
    if (method === "HEAD" || isPage(url)) return;
    const operation = config?.operation;
    if (operation === undefined) {
      throw new ColaError(
        "INTERNAL",
        `route ${String(method)} ${url}: config.operation must say what it does`,
      );
    }
    const path = url.replace(/:(\w+)/g, "{$1}").replace("*", "{path}");
    const isOpen = config?.role === "none" || config?.role === "none-unless-verbose";
    for (const one of [method].flat()) routes.push({ path, method: one.toLowerCase(), isOpen, operation });
  });
  return routes;
}

/**
 * The OpenAPI 3.1 document of these routes, made from the schemas that they check with.
 * @throws ColaError INTERNAL if two routes have the same operation id
 */
export function openApiDocument(routes: DocumentedRoutes) {
  const paths: Record<string, Record<string, Omit<Operation, "also">>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: written(route) };
  }
  const used = Object.values(paths).flatMap((methods) => Object.values(methods));
  refuseRepeated(used.map(({ operationId }) => operationId!));
  const tags = [...new Set(used.flatMap((operation) => operation.tags ?? []))];
  return {
    openapi: "3.1.0",
    info: {
      title: "ColaML",
      version: RELEASE,
      license: { name: "MIT", identifier: "MIT" },
      description: DESCRIPTION,
    },
    servers: [{ url: "/", description: "the server that this document came from" }],
    tags: tags.map((name) => ({ name, description: TAGS[name] ?? name })),
    security: [{ token: [] }, { password: [] }],
    paths,
    components: {
      schemas: componentSchemas,
      responses: refusalComponents,
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "one of the server's tokens; its role decides",
        },
        password: {
          type: "http",
          scheme: "basic",
          description: "any name, a token as password: for browsers",
        },
      },
    },
  };
}

const DESCRIPTION =
  "Jobs of a text classifier: train, tune, predict, monitor, labels, compare; online scoring, schedules and alerts. A server without tokens answers requests from its own machine only, and needs none. Paths of files are relative to the server's data folder.";

/** An operation with what follows from its route: name, section and refusals. */
function written(route: DocumentedRoute): Omit<Operation, "also"> {
  const { also: _also, ...operation } = route.operation;
  const { operationId = nameOf(route), tags = [sectionOf(route.path)], responses } = operation;
  return { ...operation, operationId, tags, responses: withRefusals(responses, refusalStatuses(route)) };
}

/** `get /models/{name}/versions` -> `getModelsByNameVersions`. */
function nameOf({ path, method }: DocumentedRoute): string {
  const words = path
    .replace(/\{(\w+)\}/g, "by-$1")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

const sectionOf = (path: string) => path.split("/")[1] ?? "";

function refuseRepeated(ids: readonly string[]): void {
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined)
    throw new ColaError("INTERNAL", `two routes have the operation id ${repeated}: give one another`);
}
