import { createHmac } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isPublicAddress, publicAddress } from "@colaml/monitor-worker/alerts/target-address";
import { createWebhookSender, webhookTarget } from "@colaml/monitor-worker/alerts/webhook";
import type { ColaError } from "@colaml/shared/errors/cola-error";
import { resolveConfig } from "@colaml/shared/settings/resolve-config";
import { alert, loopback, receiver } from "./webhook-receiver";

describe("the webhook", () => {
  it("posts a signed body that Slack reads, without its control characters", async () => {
    const { received, settings, close } = await receiver();
    await createWebhookSender({ ...settings, previousSecret: "old" }, loopback)(alert);
    await close();
    const { headers, body } = received[0]!;
    const id = String(headers["webhook-id"]);
    const timestamp = Number(headers["webhook-timestamp"]);
    const header = String(headers["webhook-signature"]);
    const signedBy = (key: string) =>
      `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
    expect(header.split(" ")).toEqual([signedBy("secret-key"), signedBy("old")]);
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
    "192.88.99.1",
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
