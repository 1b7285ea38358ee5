import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { QUEUE_NAMES } from "@colaml/shared/contracts/catalogue";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { watchAnswers } from "./documented-answers";

const tokens = { read: "token-read", submit: "token-submit", admin: "token-admin" };
const lines: string[] = [];
const log = { info: (line: string) => void lines.push(line), warn: () => {}, error: () => {} };
let server: Awaited<ReturnType<typeof createServer>>;
let queues: Awaited<ReturnType<typeof openJobQueues>>;
let checkAnswers: () => Promise<void>;

beforeAll(async () => {
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: `{api-queues-${process.pid}}`,
      COLAML_API_READ_TOKEN: tokens.read,
      COLAML_API_SUBMIT_TOKEN: tokens.submit,
      COLAML_API_TOKEN: tokens.admin,
    },
  });
  queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  server = await createServer({ config, queues, health, dataDir: "/nowhere", log });
  checkAnswers = watchAnswers(server, tokens.admin);
});
// A hook of its own: the next one closes the server also if this one fails.
afterAll(() => checkAnswers());
afterAll(async () => {
  await server.close();
  await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
  await queues.close();
});

async function call(method: "GET" | "POST", url: string, role?: keyof typeof tokens) {
  const answer = await server.inject({
    method,
    url,
    headers: { host: "127.0.0.1", ...(role ? { authorization: `Bearer ${tokens[role]}` } : {}) },
  });
  return { status: answer.statusCode, json: answer.json<Record<string, unknown>>() };
}

it.each([
  ["GET", "/queues", "read"],
  ["GET", "/queues/train", "read"],
  ["POST", "/queues/labels/pause", "admin"],
  ["POST", "/queues/labels/resume", "admin"],
  ["POST", "/queues/labels/drain", "admin"],
] as const)("%s %s: the role %s and those above", async (method, url, needed) => {
  expect((await call(method, url)).status).toBe(401);
  const roles = ["read", "submit", "admin"] as const;
  const statuses = await Promise.all(roles.map(async (role) => (await call(method, url, role)).status));
  expect(statuses).toEqual(roles.map((_, i) => (i >= roles.indexOf(needed) ? 200 : 403)));
});

it("lists the queues, pauses, resumes and drains one, and logs each change", async () => {
  await queues.add("train", {});
  const listed = (await call("GET", "/queues", "read")).json["queues"] as { queue: string }[];
  expect(listed.map(({ queue }) => queue)).toEqual(QUEUE_NAMES);
  lines.length = 0;
  expect(await call("POST", "/queues/train/pause", "admin")).toMatchObject({
    status: 200,
    json: { queue: "train", paused: true, counts: { waiting: 1 } },
  });
  expect((await call("GET", "/queues/train", "read")).json).toMatchObject({
    paused: true,
    oldestWaitingMs: expect.any(Number),
  });
  expect((await call("POST", "/queues/train/drain", "admin")).json).toMatchObject({
    removed: 1,
    more: false,
  });
  expect((await call("POST", "/queues/train/resume", "admin")).json).toMatchObject({ paused: false });
  const changes = lines.filter((line) => line !== "changed by request");
  expect(changes).toEqual(["queue paused", "queue drained", "queue resumed"]);
  // and each with the caller's role and address
  expect(lines).toHaveLength(6);
});

it.each(["/queues/trains", "/queues/__proto__", "/queues/train%2Fx", "/queues/%00"])(
  "answers 404 for %s",
  async (url) => {
    expect(await call("GET", url, "admin")).toMatchObject({
      status: 404,
      json: { error_code: "JOB_NOT_FOUND" },
    });
  },
);
