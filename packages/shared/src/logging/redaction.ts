/** Names of fields whose values never reach a log. */
const SECRET_NAME = /pass(word)?$|secret|token$|authorization|cookie|signature|api[-_]?key|hmac/i;
/** Depth and width of what is logged of a structured field: a log line is not a dump. */
const MAX_DEPTH = 4;
const MAX_ENTRIES = 50;
const MAX_TEXT = 2_000;

/**
 * A text without credentials: the user and query of URLs and the values of authorization schemes.
 *
 * @example redactText("at redis://u:p@h:6379/0") // "at redis://***@h:6379/0"
 */
export function redactText(text: string): string {
  return (
    text
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1***@")
      // A password with a slash that nobody escaped; after a host would come a port.
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#:@]*:(?!\d{1,5}[/?#])[^\s@"']*@/gi, "$1***@")
      .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s?#]*)\?[^\s"']*/gi, "$1")
      .replace(/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}/g, "$1 ***")
  );
}

/**
 * A text in which nothing can end the line or steer a terminal: control characters, line separators and
 * direction overrides become `\uXXXX`.
 */
function escapeControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/** A message as one safe line. */
export function safeLine(text: string): string {
  return escapeControls(redactText(text));
}

/** The value of a structured field as plain data: secrets hidden by name, errors as code and message, bounded. */
export function safeField(name: string, value: unknown, depth = 0): unknown {
  if (SECRET_NAME.test(name) && value !== undefined && value !== "") return "***";
  if (typeof value === "string") return redactText(value.slice(0, MAX_TEXT));
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return typeof value === "function" ? undefined : value;
  if (value instanceof Error) return safeError(value);
  if (depth >= MAX_DEPTH) return "(deeper)";
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((entry) => safeField("", entry, depth + 1));
  }
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(entries.map(([key, entry]) => [key, safeField(key, entry, depth + 1)]));
}

/** Never the whole object: an HTTP client's error carries the request with its headers. */
function safeError(error: Error): Record<string, unknown> {
  const code = (error as { code?: unknown }).code;
  const cause = error.cause instanceof Error ? redactText(error.cause.message) : undefined;
  return {
    ...(typeof code === "string" ? { code } : { name: error.name }),
    message: redactText(error.message),
    ...(cause === undefined ? {} : { cause }),
  };
}
