import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type RunningCola, runCola, startCola } from "../packages/producer/test/cli/cola-process";
import { type PrivateRedis, startPrivateRedis } from "./private-redis";

/** What OTLP's JSON has of a span, as far as it is looked at. */
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  service: string;
}
interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<Span, "service">[] }[];
  }[];
}

const folder = mkdtempSync(join(tmpdir(), "tracing-"));
const spans: Span[] = [];
const headers = { authorization: "Bearer tracer", "content-type": "application/json" };
let redis: PrivateRedis;
let up: RunningCola;
let env: Record<string, string>;
let apiUrl: string;

/** A collector that keeps what it gets. */
const collector = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  for (const { resource, scopeSpans } of (JSON.parse(Buffer.concat(parts).toString()) as Export)
    .resourceSpans) {
    const service = resource.attributes.find(({ key }) => key === "service.name")!.value.stringValue!;
    for (const span of scopeSpans.flatMap((scope) => scope.spans)) spans.push({ ...span, service });
  }
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  redis = await startPrivateRedis();
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${i},${i % 2 === 0},${i % 2 ? "thanks" : "help me"} ${i}`,
  );
  writeFileSync(join(folder, "tweets.csv"), ["id,inbound,text", ...rows, ""].join("\n"));
  env = {
    REDIS_URL: redis.url,
    MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"]!,
    COLAML_STATE_DIR: join(folder, "state"),
    COLAML_DATA_DIR: folder,
    COLAML_PORT: "0",
    COLAML_API_TOKEN: "tracer",
    COLAML_MODEL: "traced",
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  up = startCola(["up", "--predictors", "1", "--json"], env, folder);
  apiUrl = /"apiUrl": ?"([^"]+)"/.exec(await up.said(/"apiUrl": ?"[^"]+"/))![1]!;
  expect((await runCola(["train", "tweets.csv", "--iterations", "5"], env, folder)).code).toBe(0);
});
afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.finished;
  await redis.stop();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
});

it("one trace leads from the caller through the request and the batch to the chunk", async () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const body = JSON.stringify({ input: { path: "tweets.csv" }, output: "out.csv" });
  const answer = await fetch(`${apiUrl}/jobs/predict`, {
    method: "POST",
    headers: { ...headers, traceparent },
    body,
  });
  expect([answer.status, await answer.text()]).toEqual([202, expect.any(String)]);
  const ofTrace = () => spans.filter((span) => span.traceId === traceId);
  const processed = (queue: string) => ofTrace().find(({ name }) => name === `process ${queue}`);
  for (let tries = 0; tries < 300 && !(processed("predict") && processed("predict-chunk")); tries++)
    await delay(100);
  const byId = new Map(ofTrace().map((span) => [span.spanId, span]));
  const way: string[] = [];
  for (let span = processed("predict-chunk"); span; span = byId.get(span.parentSpanId ?? ""))
    way.unshift(`${span.service}: ${span.name}`);
  expect(way).toEqual([
    "producer: POST /jobs/predict",
    "producer: add predict.predict",
    "predictor-worker: process predict",
    "predictor-worker: add predict-chunk.chunk",
    "predictor-worker: process predict-chunk",
  ]);
  expect(JSON.stringify(spans)).not.toContain("help me");
});

it("without a collector nothing of OpenTelemetry is loaded, nor if it is switched off", () => {
  const script = `
    const { startTracing } = require("@colaml/shared/queue/tracing");
    startTracing("x").then((tracing) => {
      const loaded = Object.keys(require.cache).filter((path) => path.includes("opentelemetry"));
      console.log(JSON.stringify([tracing === undefined, loaded.length]));
    });`;
  const endpoint = "http://127.0.0.1:4318";
  for (const more of [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: "none" },
  ]) {
    const options = { cwd: join(__dirname, "../packages/producer"), env: { ...process.env, ...more } };
    expect(JSON.parse(execFileSync(process.execPath, ["-e", script], options).toString())).toEqual([true, 0]);
  }
});
