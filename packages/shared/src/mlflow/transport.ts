import { Agent } from "node:https";
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from "axios";
import { redactUrl } from "../config/resolve-config";
import type { ColaConfig } from "../config/schema";
import { ColaError, messageOf } from "../errors/cola-error";
import { errorOfResponse } from "./api-error";

export type MlflowSettings = ColaConfig["mlflow"];

/** Answers after which the same request may pass, as MLflow's own client has them. */
const RETRIED_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** First pause before trying again; it doubles, up to the longest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4_000;
/** A server that is there answers /health at once: this long is waited before it counts as unreachable. */
const PING_TIMEOUT_MS = 5_000;
/** Largest JSON answer that is read. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

export interface TransportOptions {
  signal?: AbortSignal;
  /** Waits between tries; injected by tests. */
  pause?: (ms: number) => Promise<void>;
}

interface Call {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  query?: Record<string, string | number>;
  body?: unknown;
  /** Whether doing it twice does what doing it once does: only then is an unclear outcome tried again. */
  idempotent: boolean;
  responseType?: "json" | "arraybuffer";
  maxBytes?: number;
}

const defaultPause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The one place that talks HTTP to MLflow: authentication, timeouts, retries, errors. */
export class MlflowTransport {
  /** Base address without credentials, for messages. */
  readonly address: string;
  readonly #http: AxiosInstance;
  readonly #settings: MlflowSettings;
  readonly #options: TransportOptions;

  constructor(settings: MlflowSettings, options: TransportOptions = {}) {
    if (settings.trackingUri === "") {
      throw new ColaError("CONFIG_INVALID", "MLFLOW_TRACKING_URI is not set: allowed is http://host:port");
    }
    this.#settings = settings;
    this.#options = options;
    this.address = redactUrl(settings.trackingUri);
    this.#http = axios.create({
      baseURL: settings.trackingUri.replace(/\/+$/, ""),
      timeout: settings.timeoutS * 1000,
      headers: authorization(settings),
      maxRedirects: 0,
      proxy: false,
      allowAbsoluteUrls: false,
      maxBodyLength: Number.POSITIVE_INFINITY,
      validateStatus: () => true,
      ...(settings.insecureTls ? { httpsAgent: new Agent({ rejectUnauthorized: false }) } : {}),
    });
  }

  /**
   * Resolves when the server answers, without trying again.
   *
   * @throws ColaError MLFLOW_UNREACHABLE within seconds, with the address and what to check
   */
  async ping(): Promise<void> {
    let response: AxiosResponse;
    try {
      response = await this.#http.get("/health", { timeout: PING_TIMEOUT_MS, signal: this.#options.signal });
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (response.status === 401 || response.status === 403)
      throw errorOfResponse(this.address, "/health", response);
    if (response.status >= 500) throw this.#unreachable(new Error(`GET /health answered ${response.status}`));
  }

  /** A JSON call; the answer's body, `{}` where it is empty. */
  async json<T>(call: Omit<Call, "responseType" | "maxBytes">): Promise<T> {
    const response = await this.#send({ ...call, responseType: "json", maxBytes: MAX_JSON_BYTES });
    if (typeof response.data === "string" && response.data.trim() !== "") {
      throw new ColaError(
        "MLFLOW_FAILED",
        `${call.method} ${this.address}${call.path} answered ${response.status} with text instead of JSON: is this an MLflow server?`,
      );
    }
    return (response.data || {}) as T;
  }

  /** The bytes at a path, at most `maxBytes`. */
  async download(path: string, maxBytes: number): Promise<Buffer> {
    const response = await this.#send({
      method: "GET",
      path,
      idempotent: true,
      responseType: "arraybuffer",
      maxBytes,
    });
    return Buffer.from(response.data as ArrayBuffer);
  }

  /** Puts bytes at a path; the same bytes twice are the same as once. */
  async upload(path: string, bytes: Uint8Array): Promise<void> {
    await this.#send({ method: "PUT", path, body: Buffer.from(bytes), idempotent: true });
  }

  async #send(call: Call): Promise<AxiosResponse> {
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= this.#settings.maxRetries;
      try {
        const response = await this.#once(call);
        if (response.status < 300) return response;
        const again = RETRIED_STATUS.has(response.status) && (call.idempotent || response.status === 429);
        if (last || !again) throw errorOfResponse(this.address, call.path, response);
      } catch (error) {
        if (error instanceof ColaError) throw error;
        if (this.#options.signal?.aborted)
          throw new ColaError("JOB_CANCELLED", "cancelled while talking to MLflow");
        if (last || !(call.idempotent || neverSent(error))) throw this.#unreachable(error);
      }
      await (this.#options.pause ?? defaultPause)(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
    }
  }

  #once(call: Call): Promise<AxiosResponse> {
    const bytes = Buffer.isBuffer(call.body);
    return this.#http.request({
      method: call.method,
      url: call.path,
      params: call.query,
      data: call.body,
      responseType: call.responseType ?? "json",
      maxContentLength: call.maxBytes ?? MAX_JSON_BYTES,
      signal: this.#options.signal,
      ...(bytes ? { headers: { "content-type": "application/octet-stream" } } : {}),
    });
  }

  #unreachable(cause: unknown): ColaError {
    if (isAxiosError(cause) && /maxContentLength/.test(cause.message)) {
      return new ColaError("MLFLOW_FAILED", `MLflow at ${this.address} sent more than the allowed size`);
    }
    const reason = isAxiosError(cause) ? (cause.code ?? cause.message) : messageOf(cause);
    return new ColaError(
      "MLFLOW_UNREACHABLE",
      `MLflow at ${this.address} does not answer (${reason}): check that it runs and that MLFLOW_TRACKING_URI is right`,
      // The whole axios error is not kept: it carries the request's headers.
      { details: { address: this.address, reason } },
    );
  }
}

function authorization(settings: MlflowSettings): Record<string, string> {
  if (settings.username !== "") {
    const pair = Buffer.from(`${settings.username}:${settings.password}`).toString("base64");
    return { authorization: `Basic ${pair}` };
  }
  return settings.token === "" ? {} : { authorization: `Bearer ${settings.token}` };
}

/** A connection that was never made did nothing: even a creation may be tried again. */
function neverSent(error: unknown): boolean {
  return (
    isAxiosError(error) &&
    ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"].includes(error.code ?? "")
  );
}
