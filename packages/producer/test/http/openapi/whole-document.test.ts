import { createConfig, lintFromString } from "@redocly/openapi-core";
import Ajv2020 from "ajv/dist/2020";
import { type OpenApi, openDocument } from "./open-document";

let opened: Awaited<ReturnType<typeof openDocument>>;
let document: OpenApi;
beforeAll(async () => {
  opened = await openDocument();
  document = opened.document;
});
afterAll(() => opened.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

/** Every route of the server as fastify prints its tree: `/jobs/:id (GET, HEAD)`. */
function servedRoutes(): string[] {
  const tree = opened.server.printRoutes({ commonPrefix: false });
  const stack: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const found = /^([│├└─\s]*)(\S.*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (!found) return [];
    const depth = found[1]!.length / 4;
    stack.length = Math.max(depth - 1, 0);
    stack.push(found[2]!);
    const path = stack.join("");
    return (found[3]?.split(", ") ?? []).map((method) => `${method} ${path}`);
  });
}

const isPage = (path: string) => /^\/($|docs|admin\/|ui\/|login$|logout$)/.test(path);

describe("the OpenAPI document of the whole server", () => {
  it("has every route that the server has, but pages and the HEAD of each GET, and no other", () => {
    const served = servedRoutes()
      .map((route) => route.split(" ") as [string, string])
      .filter(([method, path]) => method !== "HEAD" && method !== "OPTIONS" && !isPage(path))
      .map(([method, path]) => `${method} ${path.replace(/:(\w+)/g, "{$1}").replace(/\/?\*$/, "/{path}")}`);
    const documented = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(documented.sort()).toEqual([...new Set(served)].sort());
    expect(documented).toContain("POST /invocations");
  });

  it("has no fault that Redocly's recommended rules find", async () => {
    const config = await createConfig({
      extends: ["recommended"],
      rules: {
        "operation-operationId": "error",
        "operation-4xx-response": "error",
        "no-unused-components": "error",
        "tag-description": "error",
        "spec-strict-refs": "off",
      },
    });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`),
    ).toEqual([]);
  });

  it("gives a schema for every answer that has a body", () => {
    const bare = operations().flatMap(({ path, method, operation }) =>
      Object.entries(operation.responses as Record<string, { $ref?: string; content?: object }>)
        .filter(([status, { $ref, content }]) => !["204", "304"].includes(status) && !$ref && !content)
        .map(([status]) => `${method} ${path} ${status}`),
    );
    expect(bare).toEqual([]);
  });

  it("gives examples of bodies that its own schemas take", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const refusedExamples = operations().flatMap(({ path, method, operation }) => {
      const content =
        (operation.requestBody as { content?: Record<string, Body> } | undefined)?.content ?? {};
      const { schema, example } = content["application/json"] ?? {};
      if (schema === undefined || example === undefined || ajv.validate(schema, example)) return [];
      return [`${method} ${path}: ${ajv.errorsText()}`];
    });
    expect(refusedExamples).toEqual([]);
  });
});

interface Body {
  schema: object;
  example?: unknown;
}
