import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { createAuthentication } from "@colaml/producer/http/authentication";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import fc from "fast-check";
import { fuzz } from "./fuzz-run";

/** With the character that ends the user of Basic. */
const TOKEN = "s3cret-of:the/admin";
const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

/** A server that answers the role of a request as it came over the wire, or the code of its refusal. */
async function startServer(token: string): Promise<Server> {
  const { roleOf } = createAuthentication({ ...resolveConfig().http, token });
  const server = createServer((raw, response) => {
    const { headers, method } = raw;
    try {
      response.end(roleOf({ raw, headers, method } as Parameters<typeof roleOf>[0]));
    } catch (error) {
      response.end(error instanceof ColaError ? error.code : `INTERNAL ${error}`);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** What a server answers to lines of headers, byte for byte: a role, a code, or `400` if it is no request to Node. */
async function answerTo(server: Server, lines: string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  socket.on("error", () => undefined);
  socket.write(Buffer.from(["GET / HTTP/1.1", ...lines, "Connection: close", "", ""].join("\r\n"), "latin1"));
  // `once` of node:events would fail at an error before it.
  await new Promise<void>((closed) => socket.once("close", () => closed()));
  const [head = "", body = ""] = Buffer.concat(parts).toString("latin1").split("\r\n\r\n");
  return head.startsWith("HTTP/1.1 200")
    ? body.replace(/^[0-9a-f]+\r\n|\r\n[\s\S]*$/g, "")
    : head.slice(9, 12);
}

/** Text that fits into a line of headers, control characters and bytes beyond ASCII, too. */
const lineText = fc
  .string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 12 })
  .map((text) => text.replace(/[\r\n]/g, ""));

describe("without a token", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer("");
  });
  afterAll(() => void server.close());

  const host = fc.oneof(
    fc
      .tuple(lineText, fc.constantFrom(...LOOPBACK, "127.1", "0x7f.1", "evil.example", "LOCALHOST"), lineText)
      .map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom(...LOOPBACK), fc.nat(70_000)).map(([name, port]) => `${name}:${port}`),
    fc.constantFrom(...LOOPBACK),
    lineText,
  );

  it("a request is answered only if a browser that sent its one Host header was at a name of loopback", async () => {
    const holds = async (hosts: string[]) => {
      const answer = await answerTo(
        server,
        hosts.map((value) => `Host: ${value}`),
      );
      expect(["admin", "FORBIDDEN", "400"]).toContain(answer);
      const [only = ""] = hosts;
      const isPlain = hosts.length === 1 && LOOPBACK.includes(only.replace(/:\d{1,5}$/, ""));
      if (isPlain) expect(answer).toBe("admin");
      if (answer !== "admin") return;
      expect(hosts).toHaveLength(1);
      expect(LOOPBACK).toContain(new URL(`http://${only.trim().replace(/:\d+$/, "")}`).hostname);
    };
    await fuzz("host-headers", fc.array(host, { maxLength: 2 }), holds, { runs: 300 });
  });
});

describe("with a token", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(TOKEN);
  });
  afterAll(() => void server.close());

  const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
  const secret = fc.oneof(
    fc.constant(TOKEN),
    fc
      .tuple(
        lineText,
        fc.constantFrom(TOKEN, TOKEN.slice(1), TOKEN.slice(0, -1), TOKEN.toUpperCase()),
        lineText,
      )
      .map((parts) => parts.join("")),
    lineText,
  );
  const value = fc.oneof(
    secret,
    secret.map(base64),
    fc.tuple(lineText, secret).map(([user, password]) => base64(`${user.replaceAll(":", "")}:${password}`)),
  );
  const scheme = fc.constantFrom("Bearer", "bearer", "Basic", "BASIC", "Digest", "Bearer Basic", "");
  const header = fc.tuple(scheme, fc.constantFrom(" ", "  ", "\t", ""), value).map((parts) => parts.join(""));

  it("a request has a role only by the very token, as bearer or as the password of Basic", async () => {
    const holds = async (headers: string[]) => {
      const lines = headers.map((each) => `Authorization: ${each}`);
      const answer = await answerTo(server, ["Host: a.example", ...lines]);
      expect(["admin", "UNAUTHORIZED", "400"]).toContain(answer);
      // Node takes the first of several.
      const [first = ""] = headers;
      const plain = first.replace(/^[ \t]+|[ \t]+$/g, "");
      // The first colon ends the user: a token with one cannot stand there without a user.
      const [, basic] = /^basic (\S+)$/i.exec(plain) ?? [];
      const password = Buffer.from(basic ?? "", "base64").toString("utf8");
      const isToken = plain.toLowerCase().startsWith("bearer ") && plain.slice("bearer ".length) === TOKEN;
      const isPassword = password.slice(password.indexOf(":") + 1) === TOKEN;
      if (answer !== "400") expect(answer === "admin").toBe(isToken || isPassword);
    };
    await fuzz("authorization-headers", fc.array(header, { maxLength: 2 }), holds, { runs: 300 });
  });
});
