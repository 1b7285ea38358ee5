import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type EmbeddedMlflow, startMlflow } from "@colaml/producer/local/mlflow-server";
import { writeSyntheticTweets } from "@colaml/shared/learning/data/synthetic-tweets";
import { closeRedis, connectRedis } from "@colaml/shared/queue/connection";
import { type RunningCola, runCola, startCola } from "../packages/producer/test/cli/cola-process";
import { type PrivateRedis, startPrivateRedis } from "./private-redis";

/**
 * Every secret of the configuration is a word that occurs nowhere else. Then the whole mission runs, with failures on
 * the way, and whatever it left anywhere is searched for these words.
 */
const secret = (name: string) => `canary-${name}-${randomUUID()}`;
const secrets = {
  redis: secret("redis"),
  mlflow: secret("mlflow"),
  webhookPath: secret("webhook-path"),
  webhook: secret("webhook"),
  webhookBefore: secret("webhook-before"),
  model: secret("model"),
  admin: secret("admin"),
  submit: secret("submit"),
  read: secret("read"),
};
/** As they are, and as the header of basic authentication carries one of them. */
const words = [...Object.values(secrets), Buffer.from(`anna:${secrets.mlflow}`).toString("base64")];

const folder = mkdtempSync(join(tmpdir(), "secrets-"));
const mlflowState = mkdtempSync(join(tmpdir(), "secrets-mlflow-"));
/** What commands, server and webhook gave to others. */
const heard: Record<string, string> = {};
let redis: PrivateRedis;
let mlflow: EmbeddedMlflow;
let webhook: Server;
const webhookPaths = new Set<string>();
let up: RunningCola;
let env: Record<string, string>;

beforeAll(async () => {
  redis = await startPrivateRedis();
  const admin = connectRedis({ url: redis.url, prefix: "", cluster: false });
  await admin.config("SET", "requirepass", secrets.redis);
  closeRedis(admin);
  mlflow = await startMlflow({
    stateDir: mlflowState,
    pythonDir: resolve(process.env["COLAML_PYTHON"]!, "../.."),
  });
  webhook = createServer((request, response) => {
    webhookPaths.add(request.url!);
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      heard["webhook"] = `${heard["webhook"] ?? ""}${JSON.stringify(request.headers)}${body}`;
      response.writeHead(500).end("no");
    });
  });
  await new Promise<void>((listening) => webhook.listen(0, "127.0.0.1", listening));
  const { port } = webhook.address() as AddressInfo;
  await writeSyntheticTweets(join(folder, "tweets.csv"), 1_500, 5);
  writeFileSync(join(folder, "other.csv"), "a,b\n1,2\n");
  env = {
    REDIS_URL: redis.url.replace("redis://", `redis://:${secrets.redis}@`),
    MLFLOW_TRACKING_URI: mlflow.uri,
    MLFLOW_TRACKING_USERNAME: "anna",
    MLFLOW_TRACKING_PASSWORD: secrets.mlflow,
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_LOG_FILE: join(folder, "everything.log"),
    COLAML_LOG_LEVEL: "debug",
    COLAML_PORT: "0",
    COLAML_API_TOKEN: secrets.admin,
    COLAML_API_SUBMIT_TOKEN: secrets.submit,
    COLAML_API_READ_TOKEN: secrets.read,
    COLAML_MODEL_HMAC_KEY: secrets.model,
    COLAML_WEBHOOK_URL: `http://127.0.0.1:${port}/${secrets.webhookPath}`,
    COLAML_WEBHOOK_SECRET: secrets.webhook,
    COLAML_WEBHOOK_PREVIOUS_SECRET: secrets.webhookBefore,
    COLAML_WEBHOOK_ALLOW_HTTP: "true",
    COLAML_WEBHOOK_ALLOW_PRIVATE: "true",
    COLAML_WEBHOOK_PORTS: String(port),
  };
  up = startCola(["up", "--predictors", "1", "--json"], env, folder);
  await up.said(/"apiUrl"/);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  await new Promise((closed) => webhook.close(closed));
  await mlflow.child.stop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(mlflowState, { recursive: true, force: true });
});

async function cola(...args: string[]): Promise<number | null> {
  const { code, stdout, stderr } = await runCola(args, env, folder);
  heard[`cola ${args.join(" ")}`] = stdout + stderr;
  return code;
}

async function ask(api: string, path: string, token?: string): Promise<number> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(api + path, { headers });
  heard[`GET ${path} ${answer.status}`] = JSON.stringify([...answer.headers]) + (await answer.text());
  return answer.status;
}

/** Every value of every key, as text. */
async function redisContents(): Promise<Record<string, string>> {
  const client = connectRedis({ url: env["REDIS_URL"]!, prefix: "", cluster: false });
  const contents: Record<string, string> = {};
  for (const key of await client.keys("*")) {
    const type = await client.type(key);
    const value: unknown =
      type === "hash"
        ? await client.hgetall(key)
        : type === "list"
          ? await client.lrange(key, 0, -1)
          : type === "set"
            ? await client.smembers(key)
            : type === "zset"
              ? await client.zrange(key, "0", "-1")
              : type === "stream"
                ? await client.xrange(key, "-", "+")
                : await client.get(key);
    contents[key] = JSON.stringify(value);
  }
  closeRedis(client);
  return contents;
}

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .map((name) => join(root, name))
    .filter((path) => statSync(path).isFile());
}

const holders = (texts: Record<string, string>) =>
  Object.entries(texts).flatMap(([where, text]) =>
    words.filter((word) => text.includes(word)).map((word) => `${where}: ${word}`),
  );

describe("secrets of the configuration", () => {
  it("are used: the mission runs with them, and fails where it should", async () => {
    expect(await cola("train", "tweets.csv")).toBe(0);
    expect(await cola("predict", "tweets.csv", "--output", "scored.csv")).toBe(0);
    expect(await cola("labels", "tweets.csv")).toBe(0);
    expect(await cola("monitor", "tweets.csv", "--accuracy-threshold", "0.999", "--report", "r.html")).toBe(
      3,
    );
    expect(await cola("train", "other.csv")).toBe(1);
    expect(await cola("predict", "tweets.csv", "--output", "x.csv", "--model", "nobody", "--json")).toBe(1);
    expect(await cola("schedule", "add", "monitor", "tweets.csv", "--every", "1h")).toBe(0);
    for (const command of [
      ["config"],
      ["config", "--json"],
      ["jobs"],
      ["models"],
      ["alerts"],
      ["schedule"],
    ]) {
      expect(await cola(...command)).toBe(0);
    }
    const api = /"apiUrl":"([^"]+)"/.exec(await up.said(/\{.*"apiUrl".*\}/))![1]!;
    expect(await ask(api, "/jobs")).toBe(401);
    expect(await ask(api, "/jobs", `${secrets.read}x`)).toBe(401);
    for (const path of ["/jobs?limit=100", "/schedules", "/alerts", "/metrics", "/docs", "/readyz?verbose"]) {
      expect(await ask(api, path, secrets.read)).toBe(200);
    }
    expect(await ask(api, "/admin/queues/api/queues?activeQueue=monitor&status=latest", secrets.read)).toBe(
      200,
    );
    // The webhook that refuses is in the log, with its reason.
    const log = () => readFileSync(join(folder, "everything.log"), "utf8");
    while (!/webhook did not take an alert/.test(log())) await new Promise((wait) => setTimeout(wait, 100));
    expect([...webhookPaths]).toEqual([`/${secrets.webhookPath}`]);
    expect(heard["webhook"]).toMatch(/"webhook-signature":"v1,\S+ v1,/);
  });

  it("are in nothing that was printed or answered", () => {
    expect(holders(heard)).toEqual([]);
  });

  it("are in no key of Redis", async () => {
    const contents = await redisContents();
    expect(Object.keys(contents).some((key) => key.includes(":train:"))).toBe(true);
    expect(holders(contents)).toEqual([]);
  });

  it("are in no file: outputs, reports, logs, state; except where `cola up` runs, which only its owner may read", () => {
    const files = filesUnder(folder);
    const record = join(folder, "state", "up.json");
    expect(files).toEqual(
      expect.arrayContaining([record, join(folder, "scored.csv"), join(folder, "r.html")]),
    );
    expect(statSync(record).mode & 0o777).toBe(0o600);
    const others = files.filter((path) => path !== record);
    expect(holders(Object.fromEntries(others.map((path) => [path, readFileSync(path, "latin1")])))).toEqual(
      [],
    );
  });

  it("are nowhere in MLflow: its database, artifacts and log", () => {
    const files = filesUnder(mlflowState);
    expect(files.some((path) => path.endsWith("mlflow.db"))).toBe(true);
    expect(files.some((path) => path.endsWith("monitoring_report.html"))).toBe(true);
    expect(holders(Object.fromEntries(files.map((path) => [path, readFileSync(path, "latin1")])))).toEqual(
      [],
    );
  });
});
