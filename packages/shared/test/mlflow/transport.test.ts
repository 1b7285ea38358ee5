import type { ServerResponse } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { errorOfNetwork, isMendable, isMlflowDown } from "@colaml/shared/mlflow/api-error";
import { createMlflowClient } from "@colaml/shared/mlflow/client";
import { type MlflowSettings, MlflowTransport, type TransportOptions } from "@colaml/shared/mlflow/transport";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { z } from "zod";
import { type FaultServer, faultServer } from "./fault-server";

const RUNS = "/api/2.0/mlflow/runs/get";
const settings = (trackingUri: string, more: Partial<MlflowSettings> = {}): MlflowSettings => ({
  ...resolveConfig().mlflow,
  trackingUri,
  ...more,
});
const noPause: TransportOptions = { pause: async () => {} };
const anything = z.looseObject({});
const get = { method: "GET", path: RUNS, idempotent: true } as const;
const post = { method: "POST", path: "/api/2.0/mlflow/runs/create", body: {}, idempotent: false } as const;

async function thrownBy(work: Promise<unknown>): Promise<ColaError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ColaError)) throw new Error(`expected a ColaError, got ${String(error)}`);
  return error;
}

let server: FaultServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test.each([
  ["500 with a page", 500, "<html>Internal Server Error</html>", true, /answered 500: HTML instead of JSON/],
  ["503 without a body", 503, "", true, /answered 503: no reason given/],
  ["200 with a page", 200, "<!doctype html><p>login", false, /answered 200 with HTML instead of JSON/],
  ["200 with half of its JSON", 200, '{"run": {"info"', false, /answered 200 with half or broken JSON/],
  ["200 with nothing", 200, " ", false, /answered 200 with nothing instead of JSON/],
  ["404 that is not MLflow's", 404, "nope", false, /answered 404: no reason given; is this an MLflow server/],
  ["401", 401, "", false, /answered 401.*MLFLOW_TRACKING_USERNAME/],
  ["403", 403, "Invalid Host header", false, /answered 403.*--allowed-hosts/],
])(
  "an answer of %s names the URL and the status, without credentials",
  async (_, status, body, retryable, says) => {
    server = await faultServer((_request, response) => response.writeHead(status).end(body));
    const uri = server.uri.replace("http://", "http://anna:canary@");
    const error = await thrownBy(
      new MlflowTransport(settings(uri), noPause).json({ ...get, query: { run_id: "canary" } }, anything),
    );
    expect(error.code).toBe("MLFLOW_FAILED");
    expect(error.message).toMatch(says);
    expect(error.message).toContain(`GET ${server.uri}${RUNS}`);
    expect(error.retryable).toBe(retryable);
    expect(isMlflowDown(error)).toBe(retryable);
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain("canary");
  },
);

test.each([
  ["by its type", { "content-type": "text/html; charset=utf-8" }, "please log in"],
  ["by its text", {}, "\n<!DOCTYPE html><p>please log in"],
])("a page in place of a file, known %s, is not taken for a damaged file", async (_, headers, page) => {
  server = await faultServer((_request, response) => response.writeHead(200, headers).end(page));
  const transport = new MlflowTransport(settings(server.uri), noPause);
  const path = "/api/2.0/mlflow-artifacts/artifacts/1/data/seen_rows.bin";
  const error = await thrownBy(transport.download(path, 1_000));
  expect(error.message).toContain(`GET ${server.uri}${path} answered 200 with an HTML page`);
  expect([error.code, isMendable(error)]).toEqual(["MLFLOW_FAILED", true]);
  expect((await transport.download("/report.html", 1_000)).toString()).toBe(page);
});

test("a page in answer to an upload is no success: the file does not lie in MLflow", async () => {
  server = await faultServer((_request, response) => response.end("<html>please log in</html>"));
  const transport = new MlflowTransport(settings(server.uri), noPause);
  const error = await thrownBy(
    transport.upload("/api/2.0/mlflow-artifacts/artifacts/1/a.bin", Buffer.from("a")),
  );
  expect(error.message).toContain("answered 200 with an HTML page");
  expect([error.code, isMendable(error)]).toEqual(["MLFLOW_FAILED", true]);
});

test("a redirect is not followed", async () => {
  server = await faultServer((_request, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  );
  const error = await thrownBy(new MlflowTransport(settings(server.uri), noPause).json(get, anything));
  expect(error.message).toMatch(/answered 302.*redirect is not followed/);
  expect(server.seen).toHaveLength(1);
});

test.each([408, 429, 500, 502, 503, 504])(
  "after %i a GET is tried again and a creation only after 429",
  async (status) => {
    let answers = 0;
    server = await faultServer((_request, response) =>
      answers++ % 2 === 0 ? response.writeHead(status).end() : response.end('{"fine": true}'),
    );
    const transport = new MlflowTransport(settings(server.uri), noPause);
    expect(await transport.json(get, anything)).toEqual({ fine: true });
    if (status === 429) expect(await transport.json(post, anything)).toEqual({ fine: true });
    else expect((await thrownBy(transport.json(post, anything))).retryable).toBe(true);
  },
);

test.each([400, 401, 403, 404, 409, 501])("%i is final at once", async (status) => {
  server = await faultServer((_request, response) => response.writeHead(status).end());
  await thrownBy(new MlflowTransport(settings(server.uri), noPause).json(get, anything));
  expect(server.seen).toHaveLength(1);
});

test("tries are bounded by MLFLOW_HTTP_REQUEST_MAX_RETRIES", async () => {
  server = await faultServer((_request, response) => response.writeHead(500).end());
  await thrownBy(new MlflowTransport(settings(server.uri, { maxRetries: 4 }), noPause).json(get, anything));
  expect(server.seen).toHaveLength(5);
});

test("a creation whose answer is lost is not sent twice", async () => {
  server = await faultServer((request) => request.socket.destroy());
  const error = await thrownBy(new MlflowTransport(settings(server.uri), noPause).json(post, anything));
  expect(error.code).toBe("MLFLOW_UNREACHABLE");
  expect(server.seen).toHaveLength(1);
});

test("half a file is refused as broken off, after its tries", async () => {
  server = await faultServer((_request, response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => response.destroy());
  });
  const transport = new MlflowTransport(settings(server.uri, { maxRetries: 1 }), noPause);
  const error = await thrownBy(transport.download("/api/2.0/mlflow-artifacts/artifacts/1/f", 10_000));
  expect(error).toMatchObject({ code: "MLFLOW_FAILED", retryable: true });
  expect(error.message).toMatch(/GET .*artifacts\/1\/f broke off/);
  expect(server.seen).toHaveLength(2);
});

test("a file larger than allowed is cut off and refused, without another try", async () => {
  server = await faultServer((_request, response) => response.end(Buffer.alloc(100_000)));
  const transport = new MlflowTransport(settings(server.uri), noPause);
  const error = await thrownBy(transport.download("/f", 10_000));
  expect(error.message).toMatch(/sent more than is allowed/);
  expect(server.seen).toHaveLength(1);
});

test("a server that lets the time pass is asked twice and reported to be slow", async () => {
  server = await faultServer(() => {});
  const transport = new MlflowTransport(settings(server.uri, { timeoutS: 0.2, maxRetries: 10 }), noPause);
  const error = await thrownBy(transport.json(get, anything));
  expect(error).toMatchObject({ code: "MLFLOW_UNREACHABLE", retryable: true });
  expect(error.message).toMatch(/no answer to GET .*runs\/get within 0.2 s \(MLFLOW_HTTP_REQUEST_TIMEOUT\)/);
  expect(server.seen).toHaveLength(2);
});

describe("a server that sends its answer a byte at a time", () => {
  const send = (response: ServerResponse, bytes: Buffer, everyMs: number) => {
    response.flushHeaders();
    const timer = setInterval(() => response.write(bytes), everyMs);
    response.once("close", () => clearInterval(timer));
  };

  test("is given up like one that is silent", async () => {
    server = await faultServer((_request, response) => send(response, Buffer.from(" "), 20));
    const transport = new MlflowTransport(settings(server.uri, { timeoutS: 0.3, maxRetries: 10 }), noPause);
    for (const call of [transport.json(get, anything), transport.download("/file", 1_000_000)]) {
      const error = await thrownBy(call);
      expect(error).toMatchObject({ code: "MLFLOW_UNREACHABLE", retryable: true });
      expect(error.message).toMatch(/gave no answer to GET .* within 0.3 s/);
    }
  });

  test("is waited for while a file moves on", async () => {
    const part = Buffer.alloc(1_048_576, 7);
    const parts = 25;
    server = await faultServer((_request, response) => {
      let left = parts;
      const timer = setInterval(() => (left-- > 0 ? response.write(part) : response.end()), 60);
      response.once("close", () => clearInterval(timer));
    });
    const transport = new MlflowTransport(settings(server.uri, { timeoutS: 1, maxRetries: 0 }), noPause);
    expect(await transport.download("/file", parts * part.length)).toHaveLength(parts * part.length);
  });
});

test("a closed port is reported with its address and what to check", async () => {
  server = await faultServer(() => {});
  const { uri } = server;
  await server.close();
  server = undefined;
  const client = createMlflowClient(settings(uri.replace("//", "//anna:canary@")));
  const calls = [client.ping(), client.runs.get("r"), client.experiments.ensure("e")];
  for (const error of await Promise.all(calls.map(thrownBy))) {
    expect(error.code).toBe("MLFLOW_UNREACHABLE");
    expect(error.message).toContain(`MLflow at ${uri} does not answer (ECONNREFUSED): check`);
    expect(error.message).not.toContain("canary");
  }
});

describe("a server that never answers", () => {
  let full: Server;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    full = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => full.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => full.close(resolve));
  });

  test("a cancelled job does not wait for it", async () => {
    const { port } = full.address() as { port: number };
    const stop = new AbortController();
    full.once("connection", () => stop.abort());
    const transport = new MlflowTransport(settings(`http://127.0.0.1:${port}`), { signal: stop.signal });
    expect((await thrownBy(transport.json(get, anything))).code).toBe("JOB_CANCELLED");
  });
});

test("https to a server that speaks http is reported as such, once", async () => {
  server = await faultServer((_request, response) => response.end("{}"));
  const uri = server.uri.replace("http:", "https:");
  const error = await thrownBy(new MlflowTransport(settings(uri), noPause).json(get, anything));
  expect(error).toMatchObject({ code: "MLFLOW_FAILED", retryable: false });
  expect(error.message).toContain(`MLflow at ${uri} does not speak TLS`);
});

test.each([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_HAS_EXPIRED",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
])("a certificate refused with %s is reported as such, with what can be set", (networkCode) => {
  const name = { method: "GET", address: "https://mlflow", path: "/health" };
  const error = errorOfNetwork(name, networkCode, 1000);
  expect(error).toMatchObject({ code: "MLFLOW_FAILED", retryable: false });
  expect(error.message).toMatch(/not trusted.*NODE_EXTRA_CA_CERTS.*MLFLOW_TRACKING_INSECURE_TLS/);
});

test("basic authentication wins over the token, and the address may carry it", async () => {
  server = await faultServer((_request, response) => response.end("{}"));
  const authorizationFor = async (uri: string, more: Partial<MlflowSettings>) => {
    await new MlflowTransport(settings(uri, more)).json(get, anything);
    return server!.lastHeaders().authorization;
  };
  const basic = `Basic ${Buffer.from("anna:pass:word").toString("base64")}`;
  const user = { username: "anna", password: "pass:word" };
  expect(await authorizationFor(server.uri, { ...user, token: "t" })).toBe(basic);
  expect(await authorizationFor(server.uri.replace("//", "//anna:pass%3Aword@"), {})).toBe(basic);
  // A `%` that nobody escaped is part of the password.
  const percent = `Basic ${Buffer.from("anna:50%off").toString("base64")}`;
  expect(await authorizationFor(server.uri.replace("//", "//anna:50%off@"), {})).toBe(percent);
  expect(await authorizationFor(server.uri, { token: "t0k" })).toBe("Bearer t0k");
  expect(await authorizationFor(server.uri, {})).toBeUndefined();
});

test.each([
  [401, /answered 401.*MLFLOW_TRACKING_USERNAME/],
  [403, /answered 403.*--allowed-hosts/],
])("a server that answers %i does not count as usable, although it is there", async (status, message) => {
  server = await faultServer((request, response) => {
    response.statusCode = request.url === "/health" ? 200 : status;
    response.end("{}");
  });
  const transport = new MlflowTransport(settings(server.uri.replace("//", "//anna:ss-word@")), noPause);
  await transport.ping();
  const error = await thrownBy(transport.checkAccess());
  expect(error.code).toBe("MLFLOW_FAILED");
  expect(error.message).toMatch(message);
  expect(JSON.stringify([error.message, error.details, error.toJSON()])).not.toContain("ss-word");
});

test("a server below a path is asked below that path", async () => {
  server = await faultServer((_request, response) => response.end("{}"));
  await new MlflowTransport(settings(`${server.uri}/team/mlflow/`)).json(get, anything);
  expect(server.seen).toEqual([`GET /team/mlflow${RUNS}`]);
});

test.each(["", "ftp://h", "not a url"])("the tracking URI %j is refused", (uri) => {
  expect(() => new MlflowTransport(settings(uri))).toThrow(/MLFLOW_TRACKING_URI/);
});
