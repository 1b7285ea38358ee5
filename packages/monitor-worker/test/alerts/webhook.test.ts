import { createHmac } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertOutbox, type DeliveryOutcome } from "@colaml/monitor-worker/alerts/alert-outbox";
import { isPublicAddress, publicAddress } from "@colaml/monitor-worker/alerts/target-address";
import { createWebhookSender, webhookTarget } from "@colaml/monitor-worker/alerts/webhook";
import { isSignedBy } from "@colaml/monitor-worker/alerts/webhook-signature";
import { resolveConfig } from "@colaml/shared/config/resolve-config";
import type { ColaError } from "@colaml/shared/errors/cola-error";
import type { Alert } from "@colaml/shared/jobs/alerts";

const alert: Alert = {
  v: 1,
  id: "quality-modelo_nuevo-7",
  rule: "quality",
  severity: "critical",
  status: "firing",
  metric: "accuracy_score",
  value: 0.61,
  comparison: "<",
  threshold: 0.75,
  model: "modelo_nuevo",
  modelVersion: "3",
  message: "accuracy <!channel> & down",
  at: "2026-01-02T03:04:05.000Z",
};
const silent = { error() {}, warn() {}, info() {}, debug() {}, child: () => silent, close: async () => {} };

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver that answers what `statuses` says, then 200. */
async function receiver(statuses: (number | "redirect")[] = []) {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === "redirect") response.writeHead(302, { location: "/elsewhere" });
      else response.writeHead(status);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    ...resolveConfig().webhook,
    url: `http://localhost:${port}/hook`,
    secret: "whsec_c2VjcmV0LWtleQ==",
    allowHttp: true,
    allowPrivate: true,
    ports: String(port),
  };
  const close = () => new Promise((resolve) => server.close(resolve));
  return { received, settings, close };
}

const loopback = async () => [{ address: "127.0.0.1", family: 4 }];

describe("the webhook", () => {
  it("posts a signed body that Slack reads, without its control characters", async () => {
    const { received, settings, close } = await receiver();
    await createWebhookSender({ ...settings, previousSecret: "old" }, loopback)(alert);
    await close();
    const { headers, body } = received[0]!;
    const id = String(headers["webhook-id"]);
    const timestamp = Number(headers["webhook-timestamp"]);
    const header = String(headers["webhook-signature"]);
    const expected = createHmac("sha256", "secret-key").update(`${id}.${timestamp}.${body}`).digest("base64");
    expect(header.split(" ")[0]).toBe(`v1,${expected}`);
    expect(isSignedBy(header, "old", id, timestamp, body)).toBe(true);
    expect(isSignedBy(header, "other", id, timestamp, body)).toBe(false);
    const parsed = JSON.parse(body);
    expect(parsed.text).toBe("accuracy &lt;!channel&gt; &amp; down");
    expect(parsed.alert).toEqual(alert);
    expect(id).toBe("quality-modelo_nuevo-7.firing");
  });

  it.each([[500], ["redirect" as const]])("takes an answer of %s for a failure", async (status) => {
    const { received, settings, close } = await receiver([status]);
    await expect(createWebhookSender(settings, loopback)(alert)).rejects.toMatchObject({
      code: "WEBHOOK_FAILED",
    });
    await close();
    expect(received).toHaveLength(1);
  });

  it("gives up on a receiver that is slow, keeps sending its answer, or is down, and shows no path of the URL", async () => {
    const answers = [
      () => {},
      (response: ServerResponse) => {
        response.writeHead(200);
        response.write("x".repeat(70_000));
      },
    ];
    const server = createServer((request, response) => {
      request.resume();
      answers.shift()!(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { settings, close } = await receiver();
    await close();
    const target = { ...settings, url: `http://localhost:${port}/secret-path`, ports: String(port) };
    const failures: ColaError[] = [];
    for (let i = 0; i < 3; i++) {
      await createWebhookSender(target, loopback, 300)(alert).catch((error) => failures.push(error));
      if (i < 1) continue;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    expect(failures.map(({ code, retryable }) => [code, retryable])).toEqual(
      Array(3).fill(["WEBHOOK_FAILED", true]),
    );
    const [slow, endless, down] = failures.map(({ message }) => message);
    expect([slow, endless, down]).toEqual([
      expect.stringMatching(/no answer within 0\.3 s/),
      expect.stringMatching(/64 KiB/),
      expect.stringMatching(/ECONNREFUSED/),
    ]);
    expect(failures.join()).not.toMatch(/secret-path/);
  });

  it.each([
    ["http://example.com/x", {}, /https/],
    ["https://user:pass@example.com/x", {}, /password/],
    ["https://example.com:6379/x", {}, /port 6379/],
    ["https://example.com/x", { hosts: "hooks.slack.com" }, /hosts|HOSTS/],
    ["not a url", {}, /not a URL/],
  ])("refuses the target %s", (url, more, message) => {
    const settings = { ...resolveConfig().webhook, url, ...more };
    expect(() => webhookTarget(settings)).toThrow(message);
  });
});

describe("addresses of webhooks", () => {
  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "2002:7f00:1::",
    "2001:db8::1",
    "64:ff9b::7f00:1",
  ])("keep %s out", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["8.8.8.8", "172.32.0.1", "2606:4700::1111"])("let %s through", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(["http://2130706433/", "http://0x7f.1/", "http://017700000001/", "http://[::ffff:7f00:1]/"])(
    "see through the spelling %s",
    async (url) => {
      const { hostname } = new URL(url);
      await expect(publicAddress(hostname, false, loopback)).rejects.toMatchObject({ retryable: false });
    },
  );

  it("connect to the address that was checked, whatever the name says afterwards", async () => {
    const { received, settings, close } = await receiver();
    let asked = 0;
    // The first answer is public and nobody listens there: a second look-up would reach the local server.
    const rebinding = async () => [{ address: asked++ === 0 ? "192.88.99.255" : "127.0.0.1", family: 4 }];
    const send = createWebhookSender(
      { ...settings, url: settings.url.replace("localhost", "rebind.test") },
      rebinding,
    );
    await expect(send(alert)).rejects.toMatchObject({ code: "WEBHOOK_FAILED" });
    await close();
    expect(asked).toBe(1);
    expect(received).toHaveLength(0);
  });

  it("refuse a name with one private address among public ones", async () => {
    const mixed = async () => [
      { address: "8.8.8.8", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    await expect(publicAddress("mixed.test", false, mixed)).rejects.toThrow(/private/);
  });
});

describe("the outbox", () => {
  let stateDir: string;
  let clock: number;
  const outcomes: DeliveryOutcome[] = [];
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "outbox-"));
    clock = 1_000_000;
    outcomes.length = 0;
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  function outbox(send: (alert: Alert) => Promise<void>, giveUpAfterMs = 60_000) {
    return new AlertOutbox({
      stateDir,
      send,
      giveUpAfterMs,
      logger: silent,
      onOutcome: (outcome) => outcomes.push(outcome),
      now: () => clock,
      random: () => 1,
    });
  }

  it("delivers after failures with growing waits, the same message id each time, and once", async () => {
    const { received, settings, close } = await receiver([500, 503]);
    const box = outbox(createWebhookSender(settings, loopback));
    await box.put(alert);
    await box.put(alert);
    expect(await box.flush()).toBe(1_000);
    expect(await box.flush()).toBe(1_000);
    clock += 1_000;
    expect(await box.flush()).toBe(2_000);
    clock += 2_000;
    expect(await box.flush()).toBeUndefined();
    expect(await box.flush()).toBeUndefined();
    await close();
    expect(outcomes).toEqual(["retried", "retried", "delivered"]);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await readdir(join(stateDir, "alerts", "outbox"))).toEqual([]);
  });

  it("does not send again what is out already, though a check that is repeated tells it again", async () => {
    const sent: string[] = [];
    const box = outbox(async ({ status }) => void sent.push(status));
    await box.put(alert);
    await box.flush();
    await box.put(alert);
    await box.flush();
    expect(sent).toEqual(["firing"]);
  });

  it("sets a file aside that it cannot read, and delivers the others", async () => {
    const sent: string[] = [];
    const box = outbox(async ({ id }) => void sent.push(id));
    await box.put(alert);
    await writeFile(join(stateDir, "alerts", "outbox", "broken.json"), "{");
    await writeFile(join(stateDir, "alerts", "outbox", "other.json"), "{}");
    await box.flush();
    expect(sent).toEqual([alert.id]);
    expect((await readdir(join(stateDir, "alerts", "undelivered"))).sort()).toEqual([
      "broken.json",
      "other.json",
    ]);
  });

  it("sends no recovery before its alert", async () => {
    const sent: string[] = [];
    let isDown = true;
    const box = outbox(async ({ status }) => {
      if (isDown) throw new Error("down");
      sent.push(status);
    });
    await box.put(alert);
    await box.flush();
    clock += 1;
    await box.put({ ...alert, status: "recovered" });
    isDown = false;
    // The alert waits for its next try: its recovery, which is due, waits with it.
    await box.flush();
    expect(sent).toEqual([]);
    clock += 1_000;
    await box.flush();
    expect(sent).toEqual(["firing", "recovered"]);
  });

  it("loses nothing when the process ends: the next one delivers", async () => {
    const down = outbox(() => Promise.reject(new Error("down")));
    await down.put(alert);
    await down.flush();
    clock += 10_000;
    const delivered: Alert[] = [];
    await outbox(async (sent) => void delivered.push(sent)).flush();
    expect(delivered).toEqual([alert]);
  });

  it("gives up after the limit and keeps what it could not deliver", async () => {
    const box = outbox(() => Promise.reject(new Error("down")), 5_000);
    await box.put(alert);
    await box.flush();
    clock += 5_000;
    expect(await box.flush()).toBeUndefined();
    expect(outcomes).toEqual(["retried", "given_up"]);
    expect(await readdir(join(stateDir, "alerts", "undelivered"))).toEqual([
      "quality-modelo_nuevo-7.firing.json",
    ]);
  });
});
