import Ajv2020 from "ajv/dist/2020";
import type { FastifyInstance } from "fastify";
import type { OpenApi } from "./openapi/open-document";

/** An address that no test sends wrong tokens from. */
const UNSUSPECTED = "127.9.9.9";

interface DocumentedAnswer {
  $ref?: string;
  content?: Record<string, object>;
}

/**
 * Watches what a server answers from now on.
 *
 * @param token of the server, if it has one; ignored if it has none
 * @returns a check for the end of the tests: it fails if an answer was not in the server's OpenAPI document, by its
 *   status, its type or its schema. Answers of pages, and to routes that there are not, are not looked at
 */
export function watchAnswers(server: FastifyInstance, token = "admin-secret"): () => Promise<void> {
  const seen: { method: string; path: string; status: number; type: string; body: unknown }[] = [];
  server.addHook("onSend", async (request, reply, payload) => {
    const path = request.routeOptions.url?.replace(/:(\w+)/g, "{$1}").replace("*", "{path}");
    if (path === undefined || request.method === "HEAD") return;
    const type = String(reply.getHeader("content-type") ?? "").split(";")[0]!;
    const body = type === "application/json" && typeof payload === "string" ? JSON.parse(payload) : undefined;
    seen.push({ method: request.method.toLowerCase(), path, status: reply.statusCode, type, body });
  });
  return async () => {
    const headers = { host: "127.0.0.1", authorization: `Bearer ${token}` };
    const document = (
      await server.inject({ url: "/docs/openapi.json", headers, remoteAddress: UNSUSPECTED })
    ).json<OpenApi>();
    const faultOf = checker(document);
    expect([...new Set(seen.map(faultOf).filter((fault) => fault !== undefined))]).toEqual([]);
  };
}

function checker(document: OpenApi) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("date-time", (text: string) => !Number.isNaN(Date.parse(text)));
  ajv.addSchema(document, "document");
  return (answer: { method: string; path: string; status: number; type: string; body: unknown }) => {
    const { method, path, status, type, body } = answer;
    const operation = document.paths[path]?.[method];
    if (operation === undefined) return undefined;
    const name = `${method} ${path} ${status} ${type}`;
    const written = operation.responses[status] as DocumentedAnswer | undefined;
    if (written === undefined) return `${name}: the status is not documented`;
    const at = written.$ref ?? `#/paths/${escaped(path)}/${method}/responses/${status}`;
    const documented = written.$ref ? refusalOf(document, written.$ref) : written;
    if (type === "" && documented.content === undefined) return undefined;
    if (documented.content?.["*/*"] !== undefined) return undefined;
    if (documented.content?.[type] === undefined) return `${name}: the type is not documented`;
    if (type !== "application/json") return undefined;
    const valid = ajv.validate({ $ref: `document${at}/content/application~1json/schema` }, body);
    return valid ? undefined : `${name}: ${ajv.errorsText()}: ${JSON.stringify(body)}`;
  };
}

const escaped = (path: string) => path.replaceAll("/", "~1").replace(/[{}]/g, encodeURIComponent);

const refusalOf = (document: OpenApi, ref: string) =>
  document.components.responses[ref.split("/").at(-1)!] as DocumentedAnswer;
