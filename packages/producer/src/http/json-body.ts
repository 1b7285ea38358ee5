import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLosslessNumber, parse } from "lossless-json";

/** Members of a body that hold cells of tables: ids, labels and texts, as a file would hold them. */
const CELLS = ["labels", "texts"] as const;

/** Payloads and forms of tables have a few levels; readers that call themselves per level need room on the stack. */
const MAX_DEPTH = 32;

/**
 * Lets the server read JSON bodies so that a cell keeps the text of its source: an id of 18 digits is not rounded,
 * `1.0` stays `1.0`, a number is a text like any other. All other numbers are numbers. A body nested deeper than 32 is 400.
 */
export function addJsonBodies(server: FastifyInstance): void {
  // fastify's own parser refuses what is not JSON, and __proto__
  const parseStrictly = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    // many clients name the type of a body that they do not send, such as axios for a POST without data
    if (body === "") return done(null, undefined);
    parseStrictly(request, body as string, (error, value: unknown) => {
      if (error) done(error);
      else if (isTooDeep(body as string)) done(tooDeep());
      else done(null, withCellTexts(value, body as string));
    });
  });
}

/** The value of `source` with its cells as texts. */
export function withCellTexts(value: unknown, source: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const held = CELLS.filter((name) => Object.hasOwn(value, name));
  if (held.length === 0) return value;
  const lossless = parse(source) as Record<string, unknown>;
  return { ...value, ...Object.fromEntries(held.map((name) => [name, textsOf(lossless[name])])) };
}

function textsOf(value: unknown): unknown {
  if (isLosslessNumber(value)) return value.value;
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.map(textsOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, cell]) => [name, textsOf(cell)]));
}

/**
 * What a request sent: an empty object if it has no body.
 * @throws ColaError JOB_INVALID for a body that is not an object
 */
export function bodyOf({ body }: FastifyRequest): object {
  if (body === undefined) return {};
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw new ColaError("JOB_INVALID", "a body must be a JSON object");
}

/** Whether brackets that stand outside of texts are nested deeper than is allowed; `source` is JSON. */
function isTooDeep(source: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < source.length; at++) {
    const sign = source[at];
    if (isText && sign === "\\") at++;
    else if (sign === '"') isText = !isText;
    else if (isText) continue;
    else if (sign === "[" || sign === "{") depth++;
    else if (sign === "]" || sign === "}") depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

const tooDeep = () =>
  Object.assign(new Error(`the body is nested deeper than ${MAX_DEPTH}: a payload never is`), {
    statusCode: 400,
  });
