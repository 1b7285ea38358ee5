import { ColaError } from "../errors/cola-error";

/**
 * Template tag for URL paths: each value becomes one encoded segment, so no name can climb or add a query.
 *
 * @throws ColaError PATH_NOT_ALLOWED for an empty value, `.`, `..` one with a separator or a control character
 * @example apiPath`artifacts/${"a b"}` // "artifacts/a%20b"
 */
export function apiPath(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((path, part, i) => {
    const value = values[i];
    return value === undefined ? path + part : path + part + encodeSegment(value);
  }, "");
}

/** A relative path of several segments, each encoded. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeSegment).join("/");
}

const REFUSED = /[/\\\p{Cc}\p{Cs}]/u;

function encodeSegment(value: string): string {
  if (value === "" || value === "." || value === ".." || REFUSED.test(value)) {
    throw new ColaError("PATH_NOT_ALLOWED", `${JSON.stringify(value)} cannot be part of an MLflow path`);
  }
  return encodeURIComponent(value);
}
