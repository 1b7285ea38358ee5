import type { AxiosResponse } from "axios";
import type { ZodError } from "zod";
import { ColaError, type ErrorCode } from "../errors/cola-error";
import { isPassingStatus } from "./retry-policy";

/** One request as messages name it; `address` is without credentials, `path` without query. */
export interface RequestName {
  method: string;
  address: string;
  path: string;
}

/** What the registry's part of the API answers "does not exist" about is a model, a version or an alias. */
const OF_MODELS = /\/(registered-models|model-versions|logged-models)(\/|$)/;
const LONGEST_MESSAGE = 500;
/** What Node calls a certificate that it does not accept. */
const UNTRUSTED = /CERT|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT/;
const NO_TLS = /^(EPROTO|ERR_SSL_.*)$/;

/**
 * MLflow's answer as our error: the only place that knows MLflow's error codes.
 * `details.mlflowCode` and `details.status` keep what the server said.
 */
export function errorOfResponse(request: RequestName, response: AxiosResponse): ColaError {
  const answer = answerOf(response);
  const code: ErrorCode = isMissingModel(request.path, answer) ? "MODEL_NOT_FOUND" : "MLFLOW_FAILED";
  const { status } = response;
  const said = [answer.code, answer.message].filter((part) => part !== "").join(": ") || "no reason given";
  return new ColaError(code, `${where(request)} answered ${status}: ${said}${hintFor(status, said)}`, {
    details: { status, mlflowCode: answer.code, path: request.path },
    retryable: code === "MLFLOW_FAILED" && isPassingStatus(status),
  });
}

/** An answer with a good status that is not JSON. */
export function errorOfContent(request: RequestName, status: number, text: string): ColaError {
  if (text.trim() === "") return errorOfAnswer(request, status, "nothing instead of JSON");
  return errorOfAnswer(request, status, /^\s*</.test(text) ? "HTML instead of JSON" : "half or broken JSON");
}

/**
 * For files on their way there and back; those that are pages themselves have a name that says so.
 *
 * @throws ColaError MLFLOW_FAILED, which counts as mendable, for a page with a good status: the login of what is in between
 */
export function refusePage(request: RequestName, { status, headers, data }: AxiosResponse): void {
  if (/\.html?$/i.test(request.path)) return;
  const head = (data as Uint8Array | string).slice(0, 100);
  const begin = typeof head === "string" ? head : Buffer.from(head).toString("latin1");
  // MLflow calls its empty answer to an upload HTML, too.
  const isHtml = /^text\/html\b/i.test(String(headers["content-type"] ?? "")) && begin.trim() !== "";
  if (isHtml || /^\s*<(!doctype html|html)\b/i.test(begin))
    throw errorOfAnswer(request, status, "an HTML page");
}

/** An answer with a good status that is JSON, but not what MLflow sends: named by the first field that does not fit. */
export function errorOfShape(request: RequestName, status: number, { issues }: ZodError): ColaError {
  const field = issues[0]?.path.join(".") || "not an object";
  return errorOfAnswer(request, status, `an answer of another kind: ${field}`);
}

function errorOfAnswer(request: RequestName, status: number, kind: string): ColaError {
  return new ColaError(
    "MLFLOW_FAILED",
    `${where(request)} answered ${status} with ${kind}: is this an MLflow server, with nothing in between?`,
    { details: { status, path: request.path } },
  );
}

/** No answer, or half of one. `networkCode` is the socket's or axios' own. */
export function errorOfNetwork(request: RequestName, networkCode: string, timeoutMs: number): ColaError {
  const details = { networkCode, path: request.path };
  if (networkCode === "TOO_LARGE") {
    return new ColaError("MLFLOW_FAILED", `${where(request)} sent more than is allowed here`, { details });
  }
  if (networkCode === "ERR_BAD_RESPONSE") {
    const what = `${where(request)} broke off in the middle of its answer`;
    return new ColaError("MLFLOW_FAILED", what, { details, retryable: true });
  }
  if (UNTRUSTED.test(networkCode)) {
    const hint = "set NODE_EXTRA_CA_CERTS to its authority's file, or MLFLOW_TRACKING_INSECURE_TLS=true";
    return new ColaError(
      "MLFLOW_FAILED",
      `MLflow at ${request.address}: its certificate is not trusted (${networkCode}): ${hint}`,
      { details },
    );
  }
  if (NO_TLS.test(networkCode)) {
    const what = `MLflow at ${request.address} does not speak TLS (${networkCode})`;
    return new ColaError("MLFLOW_FAILED", `${what}: should MLFLOW_TRACKING_URI be http://?`, { details });
  }
  if (networkCode === "ETIMEDOUT") {
    const what = `MLflow at ${request.address} gave no answer to ${request.method} ${request.path}`;
    return new ColaError(
      "MLFLOW_UNREACHABLE",
      `${what} within ${timeoutMs / 1000} s (MLFLOW_HTTP_REQUEST_TIMEOUT)`,
      { details },
    );
  }
  return new ColaError(
    "MLFLOW_UNREACHABLE",
    `MLflow at ${request.address} does not answer (${networkCode}): check that it runs and that MLFLOW_TRACKING_URI is right`,
    { details: { ...details, address: request.address } },
  );
}

/** Whether MLflow says that what was asked for does not exist: a model, alias, run, experiment, file. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof ColaError)) return false;
  return error.code === "MODEL_NOT_FOUND" || error.details["mlflowCode"] === "RESOURCE_DOES_NOT_EXIST";
}

/** Whether a creation failed because the thing is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ColaError && error.details["mlflowCode"] === "RESOURCE_ALREADY_EXISTS";
}

/** Whether MLflow is away or ailing: the same work may succeed later. */
export function isMlflowDown(error: unknown): boolean {
  if (!(error instanceof ColaError)) return false;
  return error.code === "MLFLOW_UNREACHABLE" || (error.code === "MLFLOW_FAILED" && error.retryable);
}

/** Statuses by which a server, or what stands before it, refuses what it would take from others, elsewhere or smaller. */
const MENDABLE_STATUS = new Set([301, 302, 303, 307, 308, 401, 403, 405, 407, 413, 507]);

/**
 * Whether MLflow refuses because of something around the request, which a person can mend: rights, a limit of size, a
 * wrong address, a certificate. The same request is then taken.
 */
export function isMendable(error: unknown): boolean {
  if (!(error instanceof ColaError) || error.code !== "MLFLOW_FAILED") return false;
  const { status, mlflowCode, networkCode } = error.details;
  if (typeof networkCode === "string") return UNTRUSTED.test(networkCode) || NO_TLS.test(networkCode);
  if (typeof status !== "number") return false;
  // A page instead of an answer, and a 404 that is not MLflow's own: another server answers at the address.
  const isOther = (mlflowCode === undefined && status < 300) || (status === 404 && mlflowCode === "");
  return isOther || MENDABLE_STATUS.has(status);
}

const where = ({ method, address, path }: RequestName) => `MLflow: ${method} ${address}${path}`;

/** MLflow answers a missing alias with 400 INVALID_PARAMETER_VALUE, a missing model with 404. */
function isMissingModel(path: string, { code, message }: { code: string; message: string }): boolean {
  if (!OF_MODELS.test(path)) return false;
  if (code === "RESOURCE_DOES_NOT_EXIST") return true;
  return code === "INVALID_PARAMETER_VALUE" && /alias .*not found/i.test(message);
}

function hintFor(status: number, said: string): string {
  if (status === 401) return "; set MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN";
  if (status === 403) return "; check the rights of that user, and the server's --allowed-hosts";
  if (status >= 300 && status < 400) return "; a redirect is not followed, check MLFLOW_TRACKING_URI";
  return /no reason given/.test(said) && status === 404 ? "; is this an MLflow server?" : "";
}

/** Of an answer that is not MLflow's only the kind is reported, never the body. */
function answerOf({ data }: AxiosResponse): { code: string; message: string } {
  const text = Buffer.isBuffer(data) || data instanceof ArrayBuffer ? bytesOf(data) : String(data ?? "");
  try {
    const { error_code: code, message } = JSON.parse(text) as Record<string, unknown>;
    return {
      code: typeof code === "string" ? code : "",
      message: typeof message === "string" ? oneLine(message) : "",
    };
  } catch {
    return { code: "", message: /^\s*</.test(text) ? "HTML instead of JSON" : "" };
  }
}

const bytesOf = (data: Buffer | ArrayBuffer) => Buffer.from(data as Buffer).toString("utf8");

const oneLine = (text: string) => text.replace(/[\s\p{Cc}]+/gu, " ").slice(0, LONGEST_MESSAGE);
