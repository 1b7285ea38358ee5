import { setTimeout as sleep } from "node:timers/promises";
import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import { z } from "zod";
import { ColaError } from "../errors/cola-error";
import type { ColaConfig } from "../settings/schema";
import { listOf } from "./answer-schemas";
import {
  errorOfContent,
  errorOfNetwork,
  errorOfResponse,
  errorOfShape,
  type RequestName,
  refusePage,
} from "./api-error";
import { connectLimitedAgents } from "./connect-limit";
import { retryDelayMs, shouldRetry } from "./retry-policy";
import { authorization, baseOf } from "./tracking-uri";
import { TransferWatch } from "./transfer-watch";

export type MlflowSettings = ColaConfig["mlflow"];

/** A server that is there answers /health at once: this long is waited before it counts as unreachable. */
const PING_TIMEOUT_MS = 5_000;
/** Without a connection, no new attempt begins this long after the first. */
const UNREACHABLE_BUDGET_MS = 5_000;
/** A server that let the whole time pass is asked once more, not `maxRetries` times. */
const RETRIES_AFTER_TIMEOUT = 1;
/** Largest JSON answer that is read, inflated. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const experimentsAnswer = z.object({ experiments: listOf(z.object({})) });

export interface TransportOptions {
  /** Ends requests and pauses with JOB_CANCELLED. */
  signal?: AbortSignal;
  /** Waits between tries; injected by tests. */
  pause?: (ms: number) => Promise<void>;
}

interface Call {
  /** DELETE is for the alias that a rehearsal made: a model that was published stays. */
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  query?: Record<string, string | number>;
  body?: unknown;
  /** Whether doing it twice does what doing it once does: only then is an unclear outcome retried. */
  idempotent: boolean;
  responseType?: "text" | "arraybuffer";
  maxBytes?: number;
  timeoutMs?: number;
  maxRetries?: number;
}

/** What a server says of itself; what it does not say is absent. */
export interface ServerFacts {
  /** Such as `3.11.1`. */
  version?: string;
  /** Its clock, by the header `Date`: whole seconds, in milliseconds since 1970. */
  timeMs?: number;
}

/** One attempt that did not succeed. */
interface Failure {
  error: ColaError;
  status?: number;
  networkCode?: string;
  retryAfterS?: number;
}

/** The one place that talks HTTP to MLflow: authentication, timeouts, retries, errors. */
export class MlflowTransport {
  /** Base address without credentials, for messages. */
  readonly address: string;
  readonly #http: AxiosInstance;
  readonly #settings: MlflowSettings;
  readonly #options: TransportOptions;

  /** @throws ColaError CONFIG_INVALID if the tracking URI is empty or not http(s) */
  constructor(settings: MlflowSettings, options: TransportOptions = {}) {
    const base = baseOf(settings.trackingUri);
    this.#settings = settings;
    this.#options = options;
    this.address = `${base.origin}${base.pathname.replace(/\/+$/, "")}`;
    this.#http = axios.create({
      baseURL: this.address,
      headers: { accept: "application/json", "user-agent": "colaml", ...authorization(settings, base) },
      ...connectLimitedAgents({ insecureTls: settings.insecureTls }),
      maxRedirects: 0,
      proxy: false,
      allowAbsoluteUrls: false,
      maxBodyLength: Number.POSITIVE_INFINITY,
      validateStatus: () => true,
      transformResponse: [(data: unknown) => data],
      transitional: { clarifyTimeoutError: true },
    });
  }

  /**
   * Resolves when the server answers, without trying again.
   *
   * @throws ColaError MLFLOW_UNREACHABLE within seconds, with the address and what to check
   */
  async ping(): Promise<void> {
    await this.#send({
      method: "GET",
      path: "/health",
      idempotent: true,
      timeoutMs: PING_TIMEOUT_MS,
      maxRetries: 0,
    });
  }

  /**
   * Resolves when the server takes requests of these credentials from here, without trying again: `/health` answers
   * anybody, also under a host name that the server refuses elsewhere.
   *
   * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED (401: credentials; 403: rights or `--allowed-hosts`)
   */
  async checkAccess(): Promise<void> {
    const path = "/api/2.0/mlflow/experiments/search";
    const query = { max_results: 1 };
    const call = { method: "GET", path, query, idempotent: true, timeoutMs: PING_TIMEOUT_MS } as const;
    await this.json({ ...call, maxRetries: 0 }, experimentsAnswer);
  }

  /**
   * What the server says of itself.
   *
   * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED
   */
  async about(): Promise<ServerFacts> {
    const call: Call = { method: "GET", path: "/version", idempotent: true, timeoutMs: PING_TIMEOUT_MS };
    const { data, headers } = await this.#send({ ...call, maxRetries: 0 });
    const version = /^\d+\.\d+[\w.+-]*$/.exec(String(data).trim())?.[0];
    const timeMs = Date.parse(String(headers["date"]));
    return { ...(version && { version }), ...(Number.isNaN(timeMs) ? {} : { timeMs }) };
  }

  /**
   * A JSON call; what `answer` reads of the answer's body.
   *
   * @throws ColaError MLFLOW_UNREACHABLE, MLFLOW_FAILED, MODEL_NOT_FOUND; MLFLOW_FAILED, which counts as mendable, if the
   *   body does not fit `answer`: something other than MLflow answered
   */
  async json<T>(call: Omit<Call, "responseType" | "maxBytes">, answer: z.ZodType<T>): Promise<T> {
    const { status, data } = await this.#send({ ...call, responseType: "text" });
    const text = String(data ?? "");
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      throw errorOfContent(this.#name(call), status, text);
    }
    const read = answer.safeParse(body);
    if (read.success) return read.data;
    throw errorOfShape(this.#name(call), status, read.error);
  }

  /**
   * The bytes at a path, at most `maxBytes`.
   *
   * @throws ColaError MLFLOW_UNREACHABLE; MLFLOW_FAILED, which counts as mendable if a page came in place of the file:
   *   something other than MLflow answered, and the file that lies there may be whole
   */
  async download(path: string, maxBytes: number): Promise<Buffer> {
    // An answer that is not a file still needs room for its reason.
    const limits = { responseType: "arraybuffer", maxBytes: Math.max(maxBytes, 4096) } as const;
    const call = { method: "GET", path, idempotent: true, ...limits } as const;
    const response = await this.#send(call);
    refusePage(this.#name(call), response);
    const bytes = Buffer.from(response.data as ArrayBuffer);
    if (bytes.length <= maxBytes) return bytes;
    throw errorOfNetwork(this.#name(call), "TOO_LARGE", 0);
  }

  /**
   * Puts bytes at a path; the same bytes twice are the same as once.
   *
   * @throws ColaError MLFLOW_UNREACHABLE; MLFLOW_FAILED, also if something other than MLflow took them
   */
  async upload(path: string, bytes: Uint8Array): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const call = { method: "PUT", path, body, idempotent: true } as const;
    refusePage(this.#name(call), await this.#send(call));
  }

  /** One request with its tries; resolves with a 2xx answer only. */
  async #send(call: Call): Promise<AxiosResponse> {
    const started = performance.now();
    for (let retry = 1; ; retry++) {
      this.#throwIfCancelled();
      const outcome = await this.#attempt(call);
      if (!("error" in outcome)) return outcome;
      const delayMs = retryDelayMs(retry, outcome.retryAfterS);
      if (!this.#isTriedAgain(call, outcome, retry, performance.now() - started + delayMs))
        throw outcome.error;
      await this.#pause(delayMs);
    }
  }

  #isTriedAgain(call: Call, failure: Failure, retry: number, elapsedMs: number): boolean {
    if (!shouldRetry({ ...failure, idempotent: call.idempotent })) return false;
    const { maxRetries = this.#settings.maxRetries } = call;
    if (failure.networkCode === undefined) return retry <= maxRetries;
    if (failure.networkCode === "ETIMEDOUT") return retry <= Math.min(maxRetries, RETRIES_AFTER_TIMEOUT);
    return retry <= maxRetries && elapsedMs <= UNREACHABLE_BUDGET_MS;
  }

  async #attempt(call: Call): Promise<AxiosResponse | Failure> {
    const timeoutMs = call.timeoutMs ?? this.#settings.timeoutS * 1000;
    const watch = new TransferWatch(timeoutMs);
    try {
      const response = await this.#once(call, timeoutMs, watch);
      if (response.status >= 200 && response.status < 300) return response;
      const retryAfter = Number(response.headers["retry-after"]);
      return {
        error: errorOfResponse(this.#name(call), response),
        status: response.status,
        ...(retryAfter > 0 ? { retryAfterS: retryAfter } : {}),
      };
    } catch (thrown) {
      this.#throwIfCancelled();
      // The axios error itself is not kept: it carries the request's headers.
      const networkCode = watch.signal.aborted ? "ETIMEDOUT" : networkCodeOf(thrown);
      return { error: errorOfNetwork(this.#name(call), networkCode, timeoutMs), networkCode };
    } finally {
      watch.stop();
    }
  }

  #once(call: Call, timeoutMs: number, watch: TransferWatch): Promise<AxiosResponse> {
    const isFile = Buffer.isBuffer(call.body);
    const { signal } = this.#options;
    return this.#http.request({
      method: call.method,
      url: call.path,
      params: call.query,
      data: call.body,
      responseType: call.responseType ?? "text",
      maxContentLength: call.maxBytes ?? MAX_JSON_BYTES,
      timeout: timeoutMs,
      signal: signal ? AbortSignal.any([signal, watch.signal]) : watch.signal,
      // Three times a second: a limit is of a second at least.
      onDownloadProgress: ({ bytes }) => watch.moved(bytes),
      ...(isFile
        ? {
            headers: { "content-type": "application/octet-stream" },
            onUploadProgress: ({ bytes }) => watch.moved(bytes),
          }
        : {}),
    });
  }

  #name({ method, path }: Pick<Call, "method" | "path">): RequestName {
    return { method, address: this.address, path };
  }

  async #pause(ms: number): Promise<void> {
    const { pause, signal } = this.#options;
    if (pause) return pause(ms);
    await sleep(ms, undefined, { signal }).catch(() => this.#throwIfCancelled());
  }

  #throwIfCancelled(): void {
    if (this.#options.signal?.aborted)
      throw new ColaError("JOB_CANCELLED", "cancelled while talking to MLflow");
  }
}

function networkCodeOf(thrown: unknown): string {
  const { code, message, cause } = thrown as {
    code?: unknown;
    message?: unknown;
    cause?: { code?: unknown };
  };
  if (/maxContentLength/.test(String(message))) return "TOO_LARGE";
  if (/aborted/.test(String(message)) && code !== "ETIMEDOUT") return "ERR_BAD_RESPONSE";
  return String(cause?.code ?? code ?? "no answer");
}
