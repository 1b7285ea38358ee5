import { ColaError } from "@colaml/shared/errors/cola-error";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLosslessNumber, parse } from "lossless-json";

/** Members of a body that hold cells of tables: ids, labels and texts, as a file would hold them. */
const CELLS = ["labels", "texts"] as const;

/**
 * Lets the server read JSON bodies so that a cell keeps the text of its source: an id of 18 digits is not rounded,
 * `1.0` stays `1.0`, a number is a text like any other. All other numbers are numbers.
 */
export function addJsonBodies(server: FastifyInstance): void {
  // fastify's own parser refuses what is not JSON, and __proto__
  const parseStrictly = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    parseStrictly(request, body as string, (error, value: unknown) => {
      if (error) done(error);
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
