import { addJsonBodies, withCellTexts } from "@colaml/producer/http/json-body";
import fastify from "fastify";

const read = (source: string) => withCellTexts(JSON.parse(source), source);

describe("a JSON body", () => {
  it("keeps the text of ids, labels and texts, and the numbers of settings", () => {
    const source =
      '{"labels":[{"id":850006245121695744,"label":1.0},{"id":"7","label":true}],"top":3.50,"columns":{"id":5}}';
    expect(read(source)).toEqual({
      labels: [
        { id: "850006245121695744", label: "1.0" },
        { id: "7", label: "true" },
      ],
      top: 3.5,
      columns: { id: 5 },
    });
  });

  it.each([
    ['{"texts":[5,"a",1e3]}', { texts: ["5", "a", "1e3"] }],
    [
      '{"texts":[0.10,null,-0,true,12345678901234567890]}',
      { texts: ["0.10", null, "-0", "true", "12345678901234567890"] },
    ],
    ['{"monitor":1,"labels":"labels.csv"}', { monitor: 1, labels: "labels.csv" }],
    ["[1]", [1]],
    ["5", 5],
  ])("has cells of tables as texts wherever tables are sent: %s", (source, value) => {
    expect(read(source)).toEqual(value);
  });

  it("is still refused if it is not JSON or names __proto__; without a body it is undefined", async () => {
    const server = fastify();
    server.removeContentTypeParser("application/json");
    addJsonBodies(server);
    server.post("/", async (request) => request.body ?? "no body");
    const post = (payload: string) =>
      server.inject({ method: "POST", url: "/", payload, headers: { "content-type": "application/json" } });
    for (const payload of ["{", '{"texts":[{"__proto__":{"a":1}}]}', '{"__proto__":1}']) {
      expect((await post(payload)).statusCode).toBe(400);
    }
    expect((await post("")).body).toBe("no body");
    expect((await post('{"texts":[850006245121695744]}')).json()).toEqual({ texts: ["850006245121695744"] });
    await server.close();
  });

  it("security point 14: is refused if it is nested deeper than 32, and brackets in texts do not count", async () => {
    const server = fastify();
    server.removeContentTypeParser("application/json");
    addJsonBodies(server);
    server.post("/", async () => "taken");
    const post = (payload: string) =>
      server.inject({ method: "POST", url: "/", payload, headers: { "content-type": "application/json" } });
    const nested = (depth: number) => `{"texts":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect((await post(nested(32))).body).toBe("taken");
    expect((await post(`{"texts":["${"[".repeat(40)}\\"${"{".repeat(40)}"]}`)).body).toBe("taken");
    expect((await post("[".repeat(40))).statusCode).toBe(400);
    for (const depth of [33, 200_000]) {
      const answer = await post(nested(depth));
      expect([answer.statusCode, answer.json<{ message: string }>().message]).toEqual([
        400,
        "the body is nested deeper than 32: a payload never is",
      ]);
    }
    await server.close();
  });
});
