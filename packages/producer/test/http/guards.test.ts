import { connect } from "node:net";
import { createFailedTokens } from "@colaml/producer/http/failed-tokens";
import { refuseForeignPage } from "@colaml/producer/http/foreign-page";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { type ApiUnderTest, apiFolders, openApi, TOKENS } from "./api-under-test";

describe("a request that changes something", () => {
  const host = "cola.example:7077";
  const codeOf = (method: string, headers: Record<string, string>) => {
    try {
      refuseForeignPage(method, { host, ...headers });
      return "taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it.each([
    ["a program", {}, "taken"],
    ["a page of this server", { "sec-fetch-site": "same-origin", origin: `http://${host}` }, "taken"],
    ["this server behind another name", { "sec-fetch-site": "same-origin", origin: "https://out" }, "taken"],
    ["a page of another site", { "sec-fetch-site": "cross-site", origin: "https://evil" }, "FORBIDDEN"],
    ["a page of another port", { "sec-fetch-site": "same-site" }, "FORBIDDEN"],
    ["an old browser, own page", { origin: `http://${host}` }, "taken"],
    ["an old browser, other port", { origin: "http://cola.example:8080" }, "FORBIDDEN"],
    ["an old browser, other site", { origin: "https://evil.example" }, "FORBIDDEN"],
    ["a hidden origin", { origin: "null" }, "FORBIDDEN"],
  ])("is judged by who sends it: %s", (_who, headers: Record<string, string>, outcome) => {
    expect(["POST", "PUT", "DELETE", "PATCH"].map((method) => codeOf(method, headers))).toEqual(
      Array(4).fill(outcome),
    );
    expect(codeOf("GET", headers)).toBe("taken");
  });
});

describe("wrong tokens", () => {
  it("of one address are refused unseen from the 21st on, and one more each second", () => {
    let now = 1_000_000;
    const failed = createFailedTokens(() => now);
    const tried = (address: string) => {
      try {
        failed.check(address);
      } catch {
        return false;
      }
      failed.note(address);
      return true;
    };
    expect(Array.from({ length: 25 }, () => tried("192.0.2.1")).filter(Boolean)).toHaveLength(20);
    expect(tried("192.0.2.2")).toBe(true);
    now += 3_000;
    expect(Array.from({ length: 25 }, () => tried("192.0.2.1")).filter(Boolean)).toHaveLength(3);
  });

  it("of one IPv6 network count together, whichever of its addresses sends them", () => {
    const failed = createFailedTokens(() => 0);
    for (let i = 0; i < 20; i++) failed.note(`2001:db8:0:1::${i.toString(16)}`);
    expect(() => failed.check("2001:db8:0:1:ffff::1")).toThrow("too many wrong tokens");
    expect(() => failed.check("2001:db8:0:2::1")).not.toThrow();
    for (let i = 0; i < 20; i++) failed.note("::ffff:192.0.2.9");
    expect(() => failed.check("192.0.2.9")).toThrow("too many wrong tokens");
  });
});

describe("the server", () => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await openApi(apiFolders("guards"), {}, { bodyDeadlineMs: 300 });
  });
  afterAll(() => api.close());

  it("answers 408 to a body of which a part does not come, and ends the connection", async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /jobs/predict HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${TOKENS.submit}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"texts"`,
    );
    let answer = "";
    for await (const part of socket) answer += String(part);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('{"error_code":"REQUEST_TIMEOUT"');
  });

  it("refuses a page of another site before it looks at tokens, also by a form without a body", async () => {
    const { status } = await api.call("POST", "/schedules/nightly/pause", "admin", {
      headers: { "sec-fetch-site": "cross-site", "content-type": "application/x-www-form-urlencoded" },
    });
    expect(status).toBe(403);
    expect((await api.call("POST", "/schedules/nightly/pause", "admin")).status).toBe(404);
  });

  it("refuses a body that is not JSON where JSON is expected", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const answer = await api.call("POST", "/jobs/predict", "submit", {
        body: '{"texts": ["x"]}',
        headers: { "content-type": type },
      });
      expect(answer.status).toBe(415);
    }
  });

  it("slows down whoever tries tokens, whatever header varies, and forgives nobody who then is right", async () => {
    const attempts = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        api.call("GET", "/jobs", undefined, {
          headers: { authorization: `Bearer guess-${i}`, "x-forwarded-for": `203.0.113.${i}` },
        }),
      ),
    );
    const statuses = attempts.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect((await api.call("GET", "/jobs", "admin")).status).toBe(429);
    expect((await api.call("GET", "/livez")).status).toBe(200);
  });
});

describe("behind a proxy", () => {
  /** Wrong tokens by `X-Forwarded-For` until 21 were tried, then a right one. */
  async function afterGuessing(env: Record<string, string>, guessedFrom: string, thenFrom: string) {
    const proxied = await openApi(apiFolders("proxied"), env);
    const ask = (token: string, from: string) =>
      fetch(`${proxied.url}/release`, {
        headers: { authorization: `Bearer ${token}`, "x-forwarded-for": from },
      });
    for (let i = 0; i < 21; i++) await ask("wrong", guessedFrom);
    const { status } = await ask(TOKENS.read, thenFrom);
    await proxied.close();
    return status;
  }
  const trusted = { COLAML_TRUSTED_PROXY: "127.0.0.0/8, 10.0.0.7" };

  it.each([
    ["nobody is believed by default", {}, "192.0.2.1", "192.0.2.2", 429],
    ["a trusted one's caller is who it says", trusted, "192.0.2.1", "192.0.2.2", 200],
    ["the same caller is stopped", trusted, "192.0.2.1", "192.0.2.1", 429],
    ["what a caller wrote itself does not count", trusted, "198.51.100.1, 192.0.2.1", "192.0.2.1", 429],
    ["a chain of trusted ones is followed", trusted, "192.0.2.1, 10.0.0.7", "192.0.2.1", 429],
    ["one that is not trusted is the caller", trusted, "192.0.2.1, 10.0.0.8", "192.0.2.2, 10.0.0.8", 429],
    ["what is not an address is not a caller", trusted, "me", "you", 429],
    ["another proxy is not believed", { COLAML_TRUSTED_PROXY: "10.0.0.7" }, "192.0.2.1", "192.0.2.2", 429],
  ])("%s", async (_what, env, guessedFrom, thenFrom, status) => {
    expect(await afterGuessing(env, guessedFrom, thenFrom)).toBe(status);
  });

  it("the log says who changed something, from which address", async () => {
    const proxied = await openApi(apiFolders("audited"), trusted);
    const from = { headers: { "x-forwarded-for": "198.51.100.1, 192.0.2.1" } };
    await proxied.call("POST", "/queues/predict/pause?", "admin", from);
    await proxied.call("POST", "/queues/predict/resume", "read", from);
    await proxied.call("GET", "/queues", "read", from);
    await proxied.close();
    const lines = proxied.logged.filter(({ message }) => message === "changed by request");
    expect(lines.map(({ fields }) => fields)).toEqual([
      { method: "POST", path: "/queues/predict/pause", status: 200, client: "192.0.2.1", role: "admin" },
    ]);
  });

  it.each(["true", "*", "0.0.0.0/0", "::/0", "proxy.local", "10.0.0.0/33", "10.0.0.1/8/8"])(
    "COLAML_TRUSTED_PROXY is not %j",
    (value) => {
      expect(() => resolveConfig({ env: { COLAML_TRUSTED_PROXY: value } })).toThrow(
        /allowed is addresses and networks such as 10\.0\.0\.7/,
      );
    },
  );
});
