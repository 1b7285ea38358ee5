import { escapeMarkup } from "@colaml/shared/charts/escape-markup";
import type { FastifyInstance } from "fastify";
import { type DocumentedRoutes, openApiDocument } from "../openapi/document";

export const DOCS_PATH = "/docs";

/** The document as one plain page: no script, nothing loaded from elsewhere. */
function docsPage(document: ReturnType<typeof openApiDocument>): string {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const body = operation.requestBody
        ? `<details><summary>body</summary><pre>${escapeMarkup(JSON.stringify(operation.requestBody, null, 2))}</pre></details>`
        : "";
      return `<section><h2><b>${method.toUpperCase()}</b> ${escapeMarkup(path)}</h2><p>${escapeMarkup(operation.summary)}</p>${body}</section>`;
    }),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>ColaML API</title><style>:root{color-scheme:light dark;background:Canvas}body{color:CanvasText;font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}h2{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 0}p{margin:.2rem 0}pre{overflow:auto;font-size:.8rem}</style></head>
<body><main><h1>ColaML API</h1><p><a href="/docs/openapi.json">openapi.json</a> for tools; <a href="/admin/queues">dashboard</a></p>${entries.join("\n")}</main></body></html>`;
}

/** `/docs` for people and `/docs/openapi.json` for tools, of the routes that were added before. */
export function addDocsRoutes(server: FastifyInstance, routes: DocumentedRoutes): void {
  const document = openApiDocument(routes);
  const page = docsPage(document);
  server.get(`${DOCS_PATH}/openapi.json`, { config: { role: "read" } }, async () => document);
  server.get(DOCS_PATH, { config: { role: "read" } }, async (_request, reply) =>
    reply
      .header(
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      )
      .type("text/html; charset=utf-8")
      .send(page),
  );
}
