import { request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import type { Alert } from "@colaml/shared/contracts/alerts";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import type { ColaConfig } from "@colaml/shared/settings/schema";
import { type Address, publicAddress, type Resolve, resolveHost } from "./target-address";
import { webhookSignature } from "./webhook-signature";

const TIMEOUT_MS = 5_000;
/** More of an answer is not read. */
const MAX_ANSWER_BYTES = 65_536;

export type WebhookSettings = ColaConfig["webhook"];
export type SendAlert = (alert: Alert) => Promise<void>;

/**
 * Where alerts are posted to.
 *
 * @throws ColaError CONFIG_INVALID naming the variable; the URL's path is a secret and not shown
 */
export function webhookTarget(settings: WebhookSettings): URL {
  const refuse = (why: string) => new ColaError("CONFIG_INVALID", `COLAML_WEBHOOK_URL: ${why}`);
  if (!URL.canParse(settings.url)) throw refuse("not a URL");
  const url = new URL(settings.url);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && settings.allowHttp)) {
    throw refuse("allowed is https://; http:// with COLAML_WEBHOOK_ALLOW_HTTP");
  }
  if (url.username || url.password) throw refuse("user and password do not belong in it");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (!listOf(settings.ports).includes(port)) {
    throw refuse(`port ${port} is not among COLAML_WEBHOOK_PORTS ${settings.ports}`);
  }
  const hosts = listOf(settings.hosts);
  if (hosts.length > 0 && !hosts.includes(url.hostname)) {
    throw refuse(`host ${url.hostname} is not among COLAML_WEBHOOK_HOSTS ${settings.hosts}`);
  }
  return url;
}

const listOf = (text: string) =>
  text
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");

/** The body: `text` and `attachments` as Slack's incoming webhooks read them, and the whole alert. */
function webhookBody(alert: Alert): string {
  const colour = { info: "#3b82f6", warning: "#d97706", critical: "#dc2626" }[alert.severity];
  const field = (title: string, value: string) => ({ title, value: escapeSlack(value), short: true });
  return JSON.stringify({
    text: escapeSlack(alert.message),
    attachments: [
      {
        color: alert.status === "recovered" ? "#16a34a" : colour,
        fields: [
          field("Rule", alert.rule),
          field("Severity", alert.severity),
          field(alert.metric, `${alert.value} (${alert.comparison} ${alert.threshold})`),
          field("Model", `${alert.model} version ${alert.modelVersion}`),
        ],
        ts: Math.floor(Date.parse(alert.at) / 1000),
      },
    ],
    alert,
  });
}

/** Slack reads `<!channel>` and links: its three control characters are escaped. */
function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * Posts alerts, signed. The host is resolved once and the connection goes to the address that was checked;
 * redirects are not followed and no proxy is asked.
 *
 * @throws ColaError CONFIG_INVALID; what it returns throws WEBHOOK_FAILED
 */
export function createWebhookSender(
  settings: WebhookSettings,
  resolve: Resolve = resolveHost,
  timeoutMs = TIMEOUT_MS,
): SendAlert {
  const url = webhookTarget(settings);
  const secrets = [settings.secret, settings.previousSecret].filter((secret) => secret !== "");
  return async (alert) => {
    const body = webhookBody(alert);
    // The same in all attempts of one message, so that receivers recognise a repetition.
    const id = `${alert.id}.${alert.status}`;
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = secrets.length > 0 ? webhookSignature(secrets, id, timestamp, body) : undefined;
    const address = await publicAddress(url.hostname, settings.allowPrivate, resolve);
    const headers = {
      "content-type": "application/json",
      "user-agent": "ColaML",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(signature === undefined ? {} : { "webhook-signature": signature }),
    };
    const status = await post({ url, address, body, headers, timeoutMs });
    if (status < 200 || status > 299) {
      throw new ColaError("WEBHOOK_FAILED", `webhook host ${url.hostname} answered ${status}`);
    }
  };
}

interface Post {
  url: URL;
  address: Address;
  body: string;
  headers: Record<string, string>;
  timeoutMs: number;
}

/** @returns the status of the answer */
function post({ url, address, body, headers, timeoutMs }: Post): Promise<number> {
  const signal = AbortSignal.timeout(timeoutMs);
  const options: RequestOptions = {
    method: "POST",
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
    signal,
    agent: false,
    // A single address answers every form of the call: nothing is resolved again.
    lookup: (_host, wanted, callback) => {
      if (wanted.all) callback(null, [{ address: address.address, family: address.family }]);
      else callback(null, address.address, address.family);
    },
  };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : messageOf(cause);
      reject(new ColaError("WEBHOOK_FAILED", `webhook host ${url.hostname}: ${why}`, { cause }));
    };
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const call = send(url, options, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error("the answer is longer than 64 KiB"));
      });
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.on("error", fail);
    });
    call.on("error", fail);
    call.end(body);
  });
}
