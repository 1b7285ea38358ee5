import type { AddressInfo } from "node:net";
import { serviceChecks } from "@colaml/producer/http/health-checks";
import { createServer } from "@colaml/producer/http/server";
import type { JobQueues } from "@colaml/producer/submit/job-queues";
import { openJobQueues } from "@colaml/producer/submit/open-queues";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { createHealthChecks } from "@colaml/shared/worker/health-checks";
import { Worker } from "bullmq";
import { type Browser, chromiumPath, openChromium } from "../../../../test/headless-chromium";

type Server = Awaited<ReturnType<typeof createServer>>;
type Method = "GET" | "PUT";

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const tokens = { read: "token-read", admin: "token-admin" };
const opened: { server: Server; queues: JobQueues; prefix: string }[] = [];

afterAll(async () => {
  for (const { server, queues } of opened) {
    await server.close();
    await Promise.all(queues.all().map((queue) => queue.obliterate({ force: true })));
    await queues.close();
  }
});

async function start(env: Record<string, string> = {}) {
  const prefix = `{board-${process.pid}-${opened.length}}`;
  const config = resolveConfig({
    env: {
      REDIS_URL: process.env["TEST_REDIS_URL"],
      MLFLOW_TRACKING_URI: process.env["TEST_MLFLOW_URI"],
      COLAML_REDIS_PREFIX: prefix,
      ...env,
    },
  });
  const queues = await openJobQueues(config);
  const health = createHealthChecks(serviceChecks(config, queues));
  const server = await createServer({ config, queues, health, dataDir: "/nowhere", log: quiet });
  opened.push({ server, queues, prefix });
  return opened.at(-1)!;
}

const withTokens = { COLAML_API_READ_TOKEN: tokens.read, COLAML_API_TOKEN: tokens.admin };

function call(server: Server, method: Method, url: string, headers: Record<string, string> = {}) {
  return server.inject({ method, url, headers: { host: "127.0.0.1", ...headers } });
}
const bearer = (role: keyof typeof tokens) => ({ authorization: `Bearer ${tokens[role]}` });

/** The text of the page when the queues are there, or what is there after a minute. */
const TEXT_OF_BOARD = `new Promise((resolve) => {
  const until = Date.now() + 60_000;
  const look = () => {
    const text = document.body.innerText;
    if (text.includes("predict-chunk") || Date.now() > until) resolve(text);
    else setTimeout(look, 25);
  };
  look();
})`;

/** Ends a job of a queue by failing it, as a worker would. */
async function fail(queues: JobQueues, prefix: string, id: string): Promise<void> {
  await queues.queue("train").add("train", {}, { jobId: id, attempts: 1 });
  const url = new URL(process.env["TEST_REDIS_URL"]!);
  const worker = new Worker(
    "train",
    async () => {
      throw new Error("no");
    },
    { connection: { host: url.hostname, port: Number(url.port) }, prefix },
  );
  await new Promise((resolve) => worker.on("failed", resolve));
  await worker.close();
}

describe("asking for a token", () => {
  it("offers a browser that opens a page a line for each scheme, and a program only bearer", async () => {
    const { server } = await start(withTokens);
    const page = await call(server, "GET", "/admin/queues", {
      accept: "text/html,application/xhtml+xml,*/*;q=0.8",
    });
    expect([page.statusCode, page.headers["www-authenticate"]]).toEqual([
      401,
      ['Basic realm="colaml", charset="UTF-8"', 'Bearer realm="colaml"'],
    ]);
    for (const headers of [{}, { accept: "*/*" }, { accept: "application/json, text/plain, */*" }] as Record<
      string,
      string
    >[]) {
      const answer = await call(server, "GET", "/jobs", headers);
      expect([answer.statusCode, answer.headers["www-authenticate"]]).toEqual([
        401,
        ['Bearer realm="colaml"'],
      ]);
    }
  });
});

describe("the dashboard", () => {
  it("shows of texts of customers, and of words that explain them, only how long they are", async () => {
    const { server, queues } = await start();
    const texts = ["my card is 4000-1234", "late"];
    await queues.queue("predict-texts").add("predict", { texts, model: "models:/m@champion", explain: 1 });
    const answer = await call(
      server,
      "GET",
      "/admin/queues/api/queues?activeQueue=predict-texts&status=latest",
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('"texts":["(20 characters)","(4 characters)"]');
    expect(answer.body).toContain("models:/m@champion");
    expect(answer.body).not.toMatch(/4000-1234|"late"/);
  });

  it("does not say of alerts and dead-letter chunks that their workers are missing, but of the others", async () => {
    const { server } = await start();
    const { queues } = (await call(server, "GET", "/admin/queues/api/queues")).json<{
      queues: { name: string; hasWorkers: boolean | null; description?: string }[];
    }>();
    const saying = (hasWorkers: boolean | null) =>
      queues.filter((queue) => queue.hasWorkers === hasWorkers).map(({ name }) => name);
    expect(saying(null)).toEqual(["predict-dead", "alerts"]);
    expect(saying(false)).toEqual(
      queues.map(({ name }) => name).filter((name) => !saying(null).includes(name)),
    );
    expect(queues.find(({ name }) => name === "alerts")!.description).toMatch(/worker of your own/);
  });

  it("is read-only unless a setting lets admins retry and promote", async () => {
    const { server, queues, prefix } = await start(withTokens);
    await fail(queues, prefix, "broken");
    const retry = await call(server, "PUT", "/admin/queues/api/queues/train/broken/retry", bearer("admin"));
    expect([retry.statusCode, retry.json<{ message: string }>().message]).toEqual([
      405,
      "the dashboard is read-only",
    ]);
    expect(await queues.queue("train").getJobState("broken")).toBe("failed");
  });

  it("by the setting lets an admin retry and promote a job, nobody else, and nothing more", async () => {
    const { server, queues, prefix } = await start({ ...withTokens, COLAML_DASHBOARD_ACTIONS: "true" });
    await fail(queues, prefix, "broken");
    await queues.queue("train").add("train", {}, { jobId: "later", delay: 3_600_000 });
    const put = (path: string, role: keyof typeof tokens) =>
      call(server, "PUT", `/admin/queues/api/queues/train/${path}`, bearer(role));
    expect((await put("broken/retry", "read")).statusCode).toBe(403);
    expect((await put("broken/retry", "admin")).statusCode).toBe(204);
    expect(await queues.queue("train").getJobState("broken")).toBe("waiting");
    expect((await put("broken/retry", "admin")).statusCode).toBe(400);
    expect((await put("later/promote", "admin")).statusCode).toBe(204);
    expect(await queues.queue("train").getJobState("later")).toBe("waiting");
    for (const path of [
      "empty",
      "obliterate",
      "pause",
      "promote",
      "retry/failed",
      "clean/failed",
      "broken/clean",
    ])
      expect([path, (await put(path, "admin")).statusCode]).toEqual([path, 405]);
    const readOnly = async (role: keyof typeof tokens) => {
      const list = await call(server, "GET", "/admin/queues/api/queues", bearer(role));
      return list.json<{ queues: { readOnlyMode: boolean }[] }>().queues[0]!.readOnlyMode;
    };
    expect([await readOnly("read"), await readOnly("admin")]).toEqual([true, false]);
  });

  it("loads nothing from elsewhere", async () => {
    const { server } = await start();
    const { body } = await call(server, "GET", "/admin/queues");
    expect(body).toContain('rel="stylesheet"');
    expect(body).not.toMatch(/(href|src)="(https?:)?\/\//);
  });

  const inBrowser = chromiumPath === undefined ? it.skip : it;

  inBrowser("opens in a browser whose user types the token as password", async () => {
    const { server } = await start(withTokens);
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as AddressInfo;
    let browser: Browser | undefined;
    try {
      browser = await openChromium(chromiumPath!);
      const view = { width: 1_200, scheme: "light" } as const;
      const page = `127.0.0.1:${port}/admin/queues`;
      await browser.open(`http://me:${tokens.read}@${page}`, view);
      // Now it knows the password, as after a user typed it.
      await browser.open(`http://${page}`, view);
      expect(await browser.evaluate<string>(TEXT_OF_BOARD)).toMatch(/predict-dead/);
      expect(await browser.evaluate<string>("document.body.innerText")).not.toMatch(/alerts\s+No workers/);
      expect(browser.complaints()).toEqual([]);
    } finally {
      await browser?.close();
    }
  });
});
