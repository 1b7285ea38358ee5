import { mkdtempSync, rmSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promote } from "@colaml/shared/mlflow/champion";
import { MANIFEST_TAG } from "@colaml/shared/mlflow/publish-model";
import { announceChampion } from "@colaml/shared/queue/champion-changes";
import { closeRedis, connectRedis, untilReady } from "@colaml/shared/queue/connection";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { openMlflowProxy } from "../../../../test/mlflow-proxy";
import {
  clientFor,
  EXAMPLE_PROBABILITIES,
  exampleBundle,
  testServer,
  uniqueName,
} from "../../../shared/test/mlflow/example-publication";
import { PREFIX, publishBundle, type ScoringServer, startScoring } from "./scoring-server";

const HELP = { inputs: ["please HELP me"] };
const folder = mkdtempSync(join(tmpdir(), "serving-"));
const client = clientFor(testServer());
/** Version 1 by the stump of the example, and version 2 with another leaf. */
const [first, second] = [exampleBundle(), exampleBundle(["False", "True"], 2)];
const probabilityOf: Record<string, number> = {
  "1": EXAMPLE_PROBABILITIES.help,
  "2": 1 / (1 + Math.exp(-2)),
};
const opened: ScoringServer[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(env: Record<string, string>): Promise<ScoringServer> {
  const server = await startScoring(env);
  opened.push(server);
  return server;
}

interface Scored {
  predictions: { label: string; probability_True: number; explanation?: { term: string }[] }[];
}

/** Status, version and probability of an answer to `HELP`. */
async function help(server: ScoringServer, path = "/invocations", headers: Record<string, string> = {}) {
  const answer = await server.post(path, HELP, headers);
  const body = (await answer.json()) as Scored & { error_code?: string };
  return {
    status: answer.status,
    model: answer.headers.get("colaml-model"),
    retryAfter: answer.headers.get("retry-after"),
    code: body.error_code,
    probability: body.predictions?.[0]?.probability_True,
  };
}

describe("the model that answers", () => {
  it("is the configured one, or named by path or header with alias or version", async () => {
    const name = uniqueName("named");
    await publishBundle(name, first);
    await publishBundle(name, second, false);
    await client.registry.setAlias(name, "challenger", "2");
    const server = await start({ COLAML_MODEL: name });
    const of = (version: string) => ({
      status: 200,
      model: `${name}/${version}`,
      retryAfter: null,
      code: undefined,
      probability: expect.closeTo(probabilityOf[version]!, 6),
    });
    expect(await help(server)).toEqual(of("1"));
    expect(await help(server, `/models/${name}/invocations`)).toEqual(of("1"));
    expect(await help(server, `/models/${name}@challenger/invocations`)).toEqual(of("2"));
    expect(await help(server, `/models/${name}%40challenger/invocations`)).toEqual(of("2"));
    expect(await help(server, `/models/${name}/versions/2/invocations`)).toEqual(of("2"));
    expect(await help(server, `/models/${name}/versions/latest/invocations`)).toEqual(of("2"));
    for (const given of [`${name}@challenger`, `models:/${name}/2`, `${name}/latest`])
      expect(await help(server, "/invocations", { "colaml-model": given })).toEqual(of("2"));
  });

  it.each([
    ["a model that is not there", "/models/no-such-model/invocations", 404, "MODEL_NOT_FOUND"],
    ["a version that is not there", "/models/no-such-model/versions/9/invocations", 404, "MODEL_NOT_FOUND"],
    ["a version that is no number", "/models/m/versions/1.0.1/invocations", 400, "USAGE"],
    ["a name that leads away", "/models/..%2F..%2Fetc/invocations", 400, "USAGE"],
    ["an alias that is none", "/models/m@a%20b/invocations", 400, "USAGE"],
  ])("is refused if it is %s", async (_what, path, status, code) => {
    const server = await start({ COLAML_MODEL: uniqueName("none") });
    expect(await help(server, path)).toMatchObject({ status, code });
  });

  it("is named once: not by the path and by a header", async () => {
    const server = await start({ COLAML_MODEL: uniqueName("none") });
    const answer = await help(server, "/models/m/invocations", { "colaml-model": "m/1" });
    expect(answer).toMatchObject({ status: 400, code: "USAGE" });
  });

  it("explains labels by the words that moved them, if asked", async () => {
    const name = uniqueName("explained");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name });
    const answer = await server.post("/invocations", { ...HELP, params: { explain: 3 } });
    // mean of the root: (1.2 + -0.8) / 2 by equal cover; with the word the margin is 1.2
    expect(((await answer.json()) as Scored).predictions[0]!.explanation).toEqual([
      { term: "help", contribution: expect.closeTo(1.2 - 0.2, 5) },
    ]);
  });
});

describe("a promotion", () => {
  it("by another process is served when that says so, not at the next look", async () => {
    const name = uniqueName("announced");
    await publishBundle(name, first);
    await publishBundle(name, second, false);
    const server = await start({ COLAML_MODEL: name, COLAML_SERVE_REFRESH_MS: "3600000" });
    expect(await help(server)).toMatchObject({ status: 200, model: `${name}/1` });
    await promote(client, name, "2", "by another process");
    const redis = {
      ...resolveConfig({ env: { REDIS_URL: process.env["TEST_REDIS_URL"] } }).redis,
      prefix: PREFIX,
    };
    const connection = connectRedis(redis);
    await untilReady(connection, redis, 30_000);
    do {
      // again: the server may not listen to the stream yet
      await announceChampion(connection, redis, name);
    } while ((await help(server)).model !== `${name}/2`);
    expect(await connection.ttl(`${PREFIX}:champion-changes`)).toBeGreaterThan(0);
    closeRedis(connection);
  });

  it("swaps the model under load, and no request fails", async () => {
    const name = uniqueName("swapped");
    await publishBundle(name, first);
    await publishBundle(name, second, false);
    const server = await start({ COLAML_MODEL: name });
    const seen = new Set<string>();
    const ask = async () => {
      while (!seen.has(`${name}/2`)) {
        const { status, model, probability } = await help(server);
        expect(status).toBe(200);
        // an answer is of one version, and says of which
        expect(probability).toBeCloseTo(probabilityOf[model!.slice(-1)]!, 6);
        seen.add(model!);
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, ask));
    await help(server);
    await promote(client, name, "2", "a test");
    await clients;
    expect([...seen]).toEqual([`${name}/1`, `${name}/2`]);
    expect(server.log).toContain("info: model swapped");
  });

  it("on the server's own page is followed at once", async () => {
    const name = uniqueName("promoted");
    await publishBundle(name, first);
    await publishBundle(name, second, false);
    const server = await start({ COLAML_MODEL: name, COLAML_SERVE_REFRESH_MS: "3600000" });
    expect(await help(server)).toMatchObject({ model: `${name}/1` });
    const promoted = await server.post(`/ui/models/${name}/promote`, "version=2&reason=a+test", {
      "content-type": "application/x-www-form-urlencoded",
      origin: server.url,
    });
    expect(promoted.status).toBeLessThan(400);
    while ((await help(server)).model !== `${name}/2`);
  });

  it("of a version that cannot be loaded changes nothing, and is reported", async () => {
    const name = uniqueName("damaged");
    await publishBundle(name, first);
    const { runId, source } = (await client.registry.version(name, "1"))!;
    const modelId = source.slice("models:/".length);
    const tags = [{ key: MANIFEST_TAG, value: "0".repeat(64) }];
    const damaged = await client.registry.createVersion({ name, modelId, runId, tags });
    const server = await start({ COLAML_MODEL: name });
    await help(server);
    await client.registry.setAlias(name, "champion", damaged.version);
    const told = () => server.log.some((line) => line.includes(`still answered with version 1`));
    while (!told()) await help(server);
    expect(await help(server)).toMatchObject({ status: 200, model: `${name}/1` });
  });
});

describe("while MLflow and Redis are away", () => {
  const noRedis = { REDIS_URL: "redis://127.0.0.1:9" };

  it("the last known version answers, from memory and after a restart from the disk, until MLflow is back", async () => {
    const name = uniqueName("away");
    await publishBundle(name, first);
    const proxy = await openMlflowProxy();
    const env = {
      ...noRedis,
      COLAML_MODEL: name,
      MLFLOW_TRACKING_URI: proxy.uri,
      COLAML_STATE_DIR: join(folder, name),
    };
    const before = await startScoring(env);
    expect(await help(before)).toMatchObject({ status: 200, model: `${name}/1` });
    let asked = 0;
    const cut = new Promise<void>((resolve) => {
      proxy.passes = () => {
        if (++asked === 3) resolve();
        return false;
      };
    });
    await cut;
    expect(await help(before)).toMatchObject({ status: 200, model: `${name}/1` });
    await before.close();

    const after = await start(env);
    expect(await help(after)).toMatchObject({ status: 200, model: `${name}/1` });
    expect(await help(after, `/models/${name}/versions/1/invocations`)).toMatchObject({ status: 200 });
    expect(await help(after, "/models/never-seen/invocations")).toMatchObject({
      status: 503,
      code: "MLFLOW_UNREACHABLE",
      retryAfter: "1",
    });
    expect((await fetch(`${after.url}/ping`)).status).toBe(200);
    expect((await fetch(`${after.url}/readyz`)).status).toBe(503);

    await publishBundle(name, second);
    proxy.passes = () => true;
    while ((await help(after)).model !== `${name}/2`);
    await proxy.close();
  });

  it("what another MLflow server called champion is not taken for this one's", async () => {
    const name = uniqueName("moved");
    await publishBundle(name, first);
    const env = { ...noRedis, COLAML_MODEL: name, COLAML_STATE_DIR: join(folder, name) };
    const before = await startScoring(env);
    await help(before);
    await before.close();
    const after = await start({ ...env, MLFLOW_TRACKING_URI: "http://127.0.0.1:9" });
    expect(await help(after)).toMatchObject({ status: 503, code: "MLFLOW_UNREACHABLE" });
  });
});

describe("the memory for models", () => {
  it("holds a stated number, drops the one used least recently, and never the configured one", async () => {
    const names = ["a", "b", "c"].map((letter) => uniqueName(letter));
    for (const name of names) await publishBundle(name, first);
    const [home, older, newer] = names as [string, string, string];
    const server = await start({ COLAML_MODEL: home, COLAML_SERVE_MODELS: "2" });
    const loaded = async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return [...text.matchAll(/^colaml_model_info\{name="([^"]+)"/gm)].map((found) => found[1]);
    };
    await help(server);
    await help(server, `/models/${older}/invocations`);
    expect((await loaded()).sort()).toEqual([home, older].sort());
    await help(server, `/models/${newer}/invocations`);
    expect((await loaded()).sort()).toEqual([home, newer].sort());
    expect(await help(server, `/models/${older}/invocations`)).toMatchObject({ status: 200 });
    expect((await loaded()).sort()).toEqual([home, older].sort());
  });
});

/** A request whose body is not complete yet. */
function openRequest(server: ScoringServer): { sent: ClientRequest; status: Promise<number> } {
  const sent = request(`${server.url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json", "content-length": 19 },
  });
  const status = new Promise<number>((resolve, reject) => {
    sent.on("response", (answer) => resolve(answer.resume().statusCode!));
    sent.on("error", reject);
  });
  sent.write('{"inputs":');
  return { sent, status };
}

describe("limits of scoring", () => {
  it("answer 503 with Retry-After to more requests than may be in hand, and to no one else", async () => {
    const name = uniqueName("busy");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name, COLAML_SERVE_IN_FLIGHT: "2" });
    expect(await help(server)).toMatchObject({ status: 200 });
    const held = [openRequest(server), openRequest(server)];
    let refused = await help(server);
    while (refused.status === 200) refused = await help(server);
    expect(refused).toMatchObject({ status: 503, code: "SERVER_BUSY", retryAfter: "1" });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    for (const { sent } of held) sent.end('["help"]}');
    expect(await Promise.all(held.map(({ status }) => status))).toEqual([200, 200]);
    const free = await help(server);
    expect(free).toMatchObject({ status: 200 });
  });

  it("forget a request whose client went away", async () => {
    const name = uniqueName("gone");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name, COLAML_SERVE_IN_FLIGHT: "1" });
    const held = openRequest(server);
    held.status.catch(() => undefined);
    while ((await help(server)).status === 200);
    held.sent.destroy();
    while ((await help(server)).status === 503);
    expect(await help(server)).toMatchObject({ status: 200 });
  });

  it("answer 504 when the time is up, whether the body is late or the work is long", async () => {
    const name = uniqueName("late");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name, COLAML_SERVE_DEADLINE_MS: "300" });
    await help(server);
    expect(await openRequest(server).status).toBe(504);
    expect(await help(server)).toMatchObject({ status: 200 });
    const hasty = await start({
      COLAML_MODEL: name,
      COLAML_SERVE_DEADLINE_MS: "20",
      COLAML_SERVE_MAX_BYTES: "4194304",
    });
    const long = await hasty.post("/invocations", { inputs: Array(10_000).fill("help ".repeat(60)) });
    expect([long.status, long.headers.get("connection")]).toEqual([504, "close"]);
    expect(await long.json()).toMatchObject({ error_code: "DEADLINE_EXCEEDED" });
  });

  it.each([
    ["rows", { COLAML_SERVE_MAX_ROWS: "2" }, ["a", "b", "c"]],
    ["bytes", { COLAML_SERVE_MAX_BYTES: "1024" }, ["a".repeat(1025)]],
    ["characters of a text", { COLAML_SERVE_MAX_BYTES: "2000000" }, ["a".repeat(1_048_577)]],
  ])("answer 413 to too many %s", async (_what, env, texts) => {
    const name = uniqueName("large");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name, ...env });
    const answer = await server.post("/invocations", { inputs: texts });
    expect([answer.status, ((await answer.json()) as { error_code: string }).error_code]).toEqual([
      413,
      "INPUT_TOO_LARGE",
    ]);
  });

  it("allow as many requests per second as is set, by default any number", async () => {
    const name = uniqueName("rate");
    await publishBundle(name, first);
    const free = await start({ COLAML_MODEL: name });
    const statuses = async (server: ScoringServer) =>
      new Set(await Promise.all(Array.from({ length: 120 }, async () => (await help(server)).status)));
    expect(await statuses(free)).toEqual(new Set([200]));
    const limited = await start({ COLAML_MODEL: name, COLAML_SERVE_REQUESTS_PER_SECOND: "5" });
    expect(await statuses(limited)).toContain(429);
  });
});

describe("access to scoring", () => {
  it("needs the role submit; probes need none, and the version is not told to strangers", async () => {
    const name = uniqueName("roles");
    await publishBundle(name, first);
    const server = await start({
      COLAML_MODEL: name,
      COLAML_API_TOKEN: "admin-secret",
      COLAML_API_SUBMIT_TOKEN: "submit-secret",
      COLAML_API_READ_TOKEN: "read-secret",
    });
    const status = async (token: string) =>
      (await help(server, "/invocations", { authorization: `Bearer ${token}` })).status;
    expect([await status("submit-secret"), await status("admin-secret")]).toEqual([200, 200]);
    expect([await status("read-secret"), await status("wrong")]).toEqual([403, 401]);
    expect((await help(server)).status).toBe(401);
    expect((await fetch(`${server.url}/ping`)).status).toBe(200);
    expect((await fetch(`${server.url}/version`)).status).toBe(401);
  });
});

describe("metrics of scoring", () => {
  it("are absent until something was measured, and then name routes and statuses, no texts and no ids", async () => {
    const name = uniqueName("measured");
    await publishBundle(name, first);
    const server = await start({ COLAML_MODEL: name });
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
    expect(await metrics()).not.toContain("colaml_scoring_duration_seconds_count");
    await help(server);
    await server.post("/invocations", "{}");
    const text = await metrics();
    expect(text).toContain('colaml_scoring_duration_seconds_count{route="/invocations",status="200"} 1');
    expect(text).toContain('colaml_scoring_duration_seconds_count{route="/invocations",status="400"} 1');
    expect(text).toContain("colaml_scoring_rows_total 1");
    expect(text).toContain("colaml_scoring_in_flight 0");
    expect(text).toContain(`colaml_model_info{name="${name}",version="1",alias="champion"} 1`);
    expect(text).toMatch(/colaml_scoring_alias_confirmed_timestamp_seconds\{.*\} \d/);
    expect(text).not.toContain("HELP me");
  });
});
