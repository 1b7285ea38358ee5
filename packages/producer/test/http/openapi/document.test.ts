import { collectOperations, openApiDocument } from "@colaml/producer/http/openapi/document";
import { refused, takes } from "@colaml/producer/http/openapi/operation";
import fastify from "fastify";
import { z } from "zod";

const operation = { summary: "One thing", responses: { "200": { description: "ok" } } };

function open() {
  const server = fastify();
  return { server, routes: collectOperations(server, (path) => path.startsWith("/pages")) };
}

describe("the OpenAPI document", () => {
  it("has every route that is added, under its method and OpenAPI's form of its path", () => {
    const { server, routes } = open();
    server.get("/things/:id/parts/:part", { config: { operation } }, async () => ({}));
    server.route({
      method: ["PUT", "DELETE"],
      url: "/things",
      config: { operation },
      handler: async () => ({}),
    });
    expect(openApiDocument(routes).paths).toMatchObject({
      "/things/{id}/parts/{part}": { get: operation },
      "/things": { put: operation, delete: operation },
    });
  });

  it("names an operation after its method and path if its route does not, and its section after the first segment", () => {
    const { server, routes } = open();
    server.get("/things/:id/parts/:part", { config: { operation } }, async () => ({}));
    server.get(
      "/things",
      { config: { operation: { ...operation, operationId: "listThings" } } },
      async () => ({}),
    );
    const { paths, tags } = openApiDocument(routes);
    expect(paths["/things/{id}/parts/{part}"]).toMatchObject({
      get: { operationId: "getThingsByIdPartsByPart", tags: ["things"] },
    });
    expect(paths["/things"]).toMatchObject({ get: { operationId: "listThings" } });
    expect(tags).toEqual([{ name: "things", description: "things" }]);
  });

  it("refuses two operations of one name, which a generated client could not tell apart", () => {
    const { server, routes } = open();
    const same = { config: { operation: { ...operation, operationId: "do" } } };
    server.get("/one", same, async () => ({}));
    server.get("/two", same, async () => ({}));
    expect(() => openApiDocument(routes)).toThrow("two routes have the operation id do: give one another");
  });

  it("writes out which refusals a route can answer with: by its role, its path and what it takes", () => {
    const { server, routes } = open();
    const refusing = { ...operation, responses: { ...operation.responses, ...refused } };
    server.get("/open", { config: { role: "none", operation: refusing } }, async () => ({}));
    server.get("/things/:id", { config: { operation: refusing } }, async () => ({}));
    server.post(
      "/things",
      { config: { operation: { ...refusing, ...takes(z.strictObject({})), also: [404] } } },
      async () => ({}),
    );
    const statuses = (path: string, method: string) =>
      Object.keys(openApiDocument(routes).paths[path]![method]!.responses).map(Number);
    expect(statuses("/open", "get")).toEqual([200, 400, 500, 502, 503]);
    expect(statuses("/things/{id}", "get")).toEqual([200, 400, 401, 403, 404, 429, 500, 502, 503]);
    expect(statuses("/things", "post")).toEqual([
      200, 400, 401, 403, 404, 408, 409, 413, 415, 429, 500, 502, 503,
    ]);
  });

  it("cannot lack a route: a server refuses one that does not say what it does", () => {
    const { server } = open();
    expect(() => server.get("/silent", async () => ({}))).toThrow(
      "route GET /silent: config.operation must say what it does",
    );
  });

  it("leaves out pages for people", () => {
    const { server, routes } = open();
    server.get("/pages/one", async () => "page");
    expect(openApiDocument(routes).paths).toEqual({});
  });
});
