import { createAuthentication } from "@colaml/producer/http/authentication";
import { isOwnOrigin } from "@colaml/producer/http/own-origin";
import { createSessions, SESSION_COOKIE } from "@colaml/producer/http/session-cookie";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import type { FastifyRequest } from "fastify";

const TOKENS = { read: "reader", submit: "", admin: "boss" };
const START = Date.UTC(2026, 0, 1);

/** The `Cookie` header that a browser sends after a `Set-Cookie`. */
const sent = (setCookie: string) => setCookie.split(";")[0]!;

describe("a session", () => {
  it("is a cookie that no script reads and no other site sends, for 12 hours, without the token", () => {
    const cookie = createSessions(TOKENS).begin("admin", true);
    expect(cookie.split("; ").slice(1)).toEqual([
      "Path=/",
      "Max-Age=43200",
      "HttpOnly",
      "SameSite=Strict",
      "Secure",
    ]);
    expect(cookie).not.toContain("boss");
    expect(cookie).not.toContain(Buffer.from("boss").toString("base64url"));
    expect(createSessions(TOKENS).begin("admin", false)).not.toContain("Secure");
  });

  it("has its role in every process with the same token, until 12 hours are over", () => {
    let now = START;
    const cookie = sent(createSessions(TOKENS, () => now).begin("read", false));
    const elsewhere = createSessions(TOKENS, () => now);
    expect(elsewhere.roleOf(`theme=dark; ${cookie}; other=1`)).toBe("read");
    now = START + 12 * 3_600_000 - 1;
    expect(elsewhere.roleOf(cookie)).toBe("read");
    now += 1;
    expect(elsewhere.roleOf(cookie)).toBeUndefined();
  });

  it("ends at a change of its role's token, and only of that one", () => {
    const [reader, boss] = (["read", "admin"] as const).map((role) =>
      sent(createSessions(TOKENS).begin(role, false)),
    );
    const after = createSessions({ ...TOKENS, admin: "new boss" });
    expect([after.roleOf(reader), after.roleOf(boss)]).toEqual(["read", undefined]);
  });

  it("is refused after a logout, while other sessions of the role stay", () => {
    const sessions = createSessions(TOKENS);
    const [mine, yours] = [sent(sessions.begin("admin", false)), sent(sessions.begin("admin", false))];
    expect(sessions.end(mine)).toContain("Max-Age=0");
    expect([sessions.roleOf(mine), sessions.roleOf(yours)]).toEqual([undefined, "admin"]);
  });

  it("cannot be altered: another role, a later end, another id, a cut or a missing signature", () => {
    const sessions = createSessions(TOKENS);
    const [name, value] = sent(sessions.begin("read", false)).split("=") as [string, string];
    expect(name).toBe(SESSION_COOKIE);
    const [, expires, id, mac] = value.split(".") as [string, string, string, string];
    const forged = [
      ["admin", expires, id, mac],
      ["submit", expires, id, mac],
      ["read", String(Number(expires) + 1), id, mac],
      ["read", expires, `${id.slice(1)}A`, mac],
      ["read", expires, id, mac.slice(1)],
      ["read", expires, id, ""],
      ["read", expires, id],
    ].map((parts) => sessions.roleOf(`${name}=${parts.join(".")}`));
    expect(forged).toEqual(forged.map(() => undefined));
    expect(sessions.roleOf(undefined)).toBeUndefined();
    expect(sessions.roleOf(`${name}=${value}${"; pad=x".repeat(2_000)}`)).toBeUndefined();
  });
});

describe("a request that changes something", () => {
  it.each([
    ["by a page of this server", { "sec-fetch-site": "same-origin" }, true],
    ["by a page of another site", { "sec-fetch-site": "cross-site" }, false],
    ["by a page of a neighbouring host", { "sec-fetch-site": "same-site" }, false],
    ["typed by hand", { "sec-fetch-site": "none" }, false],
    ["by an older browser's own page", { origin: "http://cola.example:7077" }, true],
    ["by an older browser's page of another port", { origin: "http://cola.example:8080" }, false],
    ["with a hidden origin", { origin: "null" }, false],
    ["without any word of its origin", {}, false],
  ])("is judged by its origin: %s", (_who, headers, own) => {
    expect(isOwnOrigin("POST", { host: "cola.example:7077", ...headers })).toBe(own);
    expect(isOwnOrigin("GET", { host: "cola.example:7077", ...headers })).toBe(true);
  });

  it("counts with a session only from a page of this server; a token counts from everywhere", () => {
    const { http } = resolveConfig({ env: { COLAML_API_TOKEN: "boss", COLAML_API_READ_TOKEN: "reader" } });
    const authentication = createAuthentication(http);
    const cookie = sent(authentication.sessions.begin("admin", false));
    const request = (headers: Record<string, string>, method = "POST") =>
      ({ method, headers: { host: "cola.example", ...headers } }) as unknown as FastifyRequest;
    const own = { "sec-fetch-site": "same-origin" };
    expect(authentication.roleOf(request({ cookie, ...own }))).toBe("admin");
    expect(authentication.roleOf(request({ cookie }, "GET"))).toBe("admin");
    expect(() => authentication.roleOf(request({ cookie }))).toThrow(/page of this server/);
    expect(authentication.roleOf(request({ authorization: "Bearer reader" }))).toBe("read");
    expect(() => authentication.roleOf(request({ authorization: "Bearer no", cookie, ...own }))).toThrow(
      /valid token/,
    );
    expect(() => authentication.roleOf(request({}, "GET"))).toThrow(/valid token/);
    expect([authentication.roleOfToken("boss"), authentication.roleOfToken("")]).toEqual([
      "admin",
      undefined,
    ]);
  });
});
