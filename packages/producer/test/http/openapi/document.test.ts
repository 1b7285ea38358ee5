import { collectOperations, openApiDocument } from "@colaml/producer/http/openapi/document";
import fastify from "fastify";

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
    expect(openApiDocument(routes).paths).toEqual({
      "/things/{id}/parts/{part}": { get: operation },
      "/things": { put: operation, delete: operation },
    });
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
