import type { AxiosResponse } from "axios";
import { ColaError } from "../errors/cola-error";

/**
 * MLflow's answer as our error: the only place that knows MLflow's error codes.
 * `details.mlflowCode` and `details.status` keep what the server said.
 */
export function errorOfResponse(address: string, path: string, response: AxiosResponse): ColaError {
  const { code, message } = bodyOf(response.data);
  const details = { status: response.status, mlflowCode: code, path };
  const where = `MLflow at ${address}${path} answered ${response.status}`;
  if (code === "RESOURCE_DOES_NOT_EXIST" || isMissingAlias(code, message)) {
    return new ColaError("MODEL_NOT_FOUND", `${where}: ${message}`, { details });
  }
  if (response.status === 401 || response.status === 403) {
    const hint = "check MLFLOW_TRACKING_USERNAME and _PASSWORD or _TOKEN, and the server's --allowed-hosts";
    return new ColaError("MLFLOW_FAILED", `${where}: ${message || "access refused"}; ${hint}`, { details });
  }
  if ([408, 429, 502, 503, 504].includes(response.status)) {
    return new ColaError("MLFLOW_UNREACHABLE", `${where}: ${message || "not available now"}`, { details });
  }
  if (response.status >= 300 && response.status < 400) {
    return new ColaError(
      "MLFLOW_FAILED",
      `${where}, a redirect, which is not followed: check MLFLOW_TRACKING_URI`,
      {
        details,
      },
    );
  }
  return new ColaError(
    "MLFLOW_FAILED",
    `${where}${code ? ` ${code}` : ""}: ${message || "no reason given"}`,
    { details },
  );
}

/** Whether a creation failed because the thing is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ColaError && error.details["mlflowCode"] === "RESOURCE_ALREADY_EXISTS";
}

/** MLflow answers a missing alias with 400 INVALID_PARAMETER_VALUE, a missing model with 404. */
function isMissingAlias(code: string, message: string): boolean {
  return code === "INVALID_PARAMETER_VALUE" && /alias .*not found/i.test(message);
}

function bodyOf(data: unknown): { code: string; message: string } {
  const body =
    Buffer.isBuffer(data) || data instanceof ArrayBuffer ? parsed(Buffer.from(data as Buffer)) : data;
  if (typeof body !== "object" || body === null) return { code: "", message: "" };
  const { error_code: code, message } = body as Record<string, unknown>;
  return {
    code: typeof code === "string" ? code : "",
    message: typeof message === "string" ? oneLine(message) : "",
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

const oneLine = (text: string) => text.replace(/\s+/g, " ").slice(0, 500);
